#pragma once

// Files of figures.

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

namespace test_support {

// Whole or not at all. False: it could not be written, which was said on standard error.
template <class Json>
bool write_json(const std::string& file, const Json& json) {
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
