#pragma once

#include <cstddef>
#include <cstdint>

#include "block_reader.hpp"
#include "byte_sink.hpp"
#include "options.hpp"
#include "progress.hpp"

namespace parallel_gzip {

// What one run over a file did.
struct Run {
  std::size_t workers = 0;
  std::uint64_t input_bytes = 0;
  std::uint64_t output_bytes = 0;
  double seconds = 0;       // from starting the pool until the last byte was handed to the sink
  double mark_seconds = 0;  // until all of the first `mark` bytes of the input were
};

// Compresses what the reader gives to a gzip member in the sink, with a pool of its own of so
// many workers (0: the CPUs this process may use). Memory is bounded by a few blocks a worker.
// Throws what reading and writing throw, and muster::Error.
Run compress(const Options& options, std::size_t workers, BlockReader& reader, ByteSink& sink,
             Progress& progress, std::uint64_t mark);

}  // namespace parallel_gzip
