#pragma once

#include <string>

#include "bench/model/results.hpp"

namespace bench {

// One picture, an SVG file: throughput and latency of both pools beside the best of each kind of
// peer, with two workers where there are figures of such. Whatever has no figures is left out.
std::string summary_svg(const Results& results);

}  // namespace bench
