#pragma once

#include <string>

#include "bench/model/results.hpp"

namespace bench {

// The results as one HTML file that needs nothing beside it and no network.
std::string page_html(const Results& results);

}  // namespace bench
