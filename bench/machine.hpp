#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bench {

// What the figures were measured on and with: names and values, for the reader and for JSON.
using Facts = std::vector<std::pair<std::string, std::string>>;

// Of Python's interpreter only where it was asked what it has.
Facts describe_machine();

// Why the figures will not be worth much: a build without optimisation, others who use the
// processors. Empty: nothing known against them.
std::vector<std::string> doubts();

}  // namespace bench
