#pragma once

#include <string>

#include "compress.hpp"

namespace parallel_gzip {

// "'x': 20.0 MB to 7.1 MB (35.5 %) in 0.52 s, 38.5 MB/s with 2 processes"
std::string describe(const Run& run, const Options& options);

// "one process: 20.1 MB/s over the same bytes; speed-up 1.92". Where `one` went over only the
// first bytes of the file, `many` is measured until it was done with these.
std::string describe_speed_up(const Run& many, const Run& one, const Options& options);

}  // namespace parallel_gzip
