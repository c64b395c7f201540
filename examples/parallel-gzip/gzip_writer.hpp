#pragma once

#include <cstdint>

#include "byte_sink.hpp"
#include "deflate_block.hpp"

namespace parallel_gzip {

// Joins deflated blocks, in order, to one gzip member (RFC 1952).
class GzipWriter {
 public:
  // Writes the header.
  explicit GzipWriter(ByteSink& sink);

  void append(const DeflatedBlock& block);
  // Writes the trailer; nothing may follow.
  void finish();

  std::uint64_t input_bytes() const { return input_bytes_; }
  std::uint64_t output_bytes() const { return output_bytes_; }

 private:
  void write(Bytes bytes);

  ByteSink& sink_;
  std::uint32_t crc_ = 0;
  std::uint64_t input_bytes_ = 0;
  std::uint64_t output_bytes_ = 0;
};

}  // namespace parallel_gzip
