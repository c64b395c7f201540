#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace parallel_gzip {

// What a worker makes of one block.
struct DeflatedBlock {
  std::vector<unsigned char> bytes;  // raw deflate, ends at a byte boundary, is not the last
  std::uint32_t crc = 0;             // of the block uncompressed
  std::uint64_t input_size = 0;      // of the block uncompressed, in bytes
};

// The task. It is trivially copyable, so it travels to a worker process as its bytes; the
// parameter of type span is a view of the window where it lies in shared memory.
struct Deflate {
  int level;

  // Compresses window[dictionary_size..] to deflate data that may refer back to the dictionary,
  // the bytes before. Throws std::runtime_error or std::bad_alloc.
  DeflatedBlock operator()(std::span<const unsigned char> window,
                           std::size_t dictionary_size) const;
};

}  // namespace parallel_gzip
