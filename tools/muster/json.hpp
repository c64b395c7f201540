#pragma once

#include <string>

#include "lib/inspect/survey.hpp"

namespace muster_tool {

// Documents for other programs: times in seconds, sizes in bytes, moments as RFC 3339. Names of
// members that are there do not change within a schema; new ones may come.

std::string list_document(const muster::detail::Survey& survey);
std::string pool_document(const muster::detail::PoolPicture& pool);

}  // namespace muster_tool
