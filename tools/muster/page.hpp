#pragma once

#include <string>

#include "lib/inspect/survey.hpp"

namespace muster_tool {

// What is printed for people; json.hpp has it for programs.

std::string list_page(const muster::detail::Survey& survey);
std::string pool_page(const muster::detail::PoolPicture& pool);

}  // namespace muster_tool
