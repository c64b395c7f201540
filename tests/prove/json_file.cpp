#include "prove/json_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

namespace prove {

bool write_json(const std::string& file, const nlohmann::ordered_json& json) {
  const std::string unfinished = file + ".part";
  bool written = false;
  {
    std::ofstream out(unfinished);
    out << json.dump(2) << "\n";
    out.close();
    written = out.good();
  }
  if (written && std::rename(unfinished.c_str(), file.c_str()) == 0) return true;
  fmt::print(stderr, "{} cannot be written: {}\n", file, std::strerror(errno));
  std::remove(unfinished.c_str());
  return false;
}

}  // namespace prove
