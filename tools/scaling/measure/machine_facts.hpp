#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace scaling {

// What the figures were measured on; `more`: NAME=VALUE each. Throws std::runtime_error for what is
// none.
nlohmann::json machine_facts(const std::vector<std::string>& more);

}  // namespace scaling
