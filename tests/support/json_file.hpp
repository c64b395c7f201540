#pragma once

// Files of figures.

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include <nlohmann/json.hpp>

namespace test_support {

// Whole or not at all. False: it could not be written, which was said on standard error. What is
// there and is no plain file is let be: a rename would put a file in the place of a device.
template <class Json>
bool write_json(const std::string& file, const Json& json) {
  std::error_code absent;
  const auto there = std::filesystem::status(file, absent);
  if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there)) {
    std::fprintf(stderr, "%s cannot be written: it is there, and is no plain file\n", file.c_str());
    return false;
  }
  const std::string unfinished = file + ".part";
  bool written = false;
  {
    std::ofstream out(unfinished);
    out << json.dump(2) << "\n";
    out.close();
    written = out.good();
  }
  if (written && std::rename(unfinished.c_str(), file.c_str()) == 0) return true;
  std::fprintf(stderr, "%s cannot be written: %s\n", file.c_str(), std::strerror(errno));
  std::remove(unfinished.c_str());
  return false;
}

}  // namespace test_support
