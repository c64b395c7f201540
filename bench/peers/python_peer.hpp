#pragma once

#include <string>
#include <string_view>

namespace bench {

// Why a pool of peers.py cannot run here, as in "install python3-pebble"; "" where it can.
// Throws MeasurementError if the interpreter is there and does not say.
std::string why_no_python_pool(std::string_view pool);

// The interpreter's, "3.11.2"; "" where it was not asked or did not answer.
std::string python_version();

}  // namespace bench
