#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace prove {

// Whole or not at all. False: it could not be written, which was said on standard error.
bool write_json(const std::string& file, const nlohmann::ordered_json& json);

}  // namespace prove
