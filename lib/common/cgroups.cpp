#include "lib/common/cgroups.hpp"

#include <algorithm>

namespace muster::detail {

bool CgroupPlace::has(std::string_view controller) const {
  std::string_view rest = controllers;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    if (rest.substr(0, comma) == controller) return true;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return false;
}

std::vector<CgroupPlace> cgroup_places(std::string_view text) {
  std::vector<CgroupPlace> places;
  while (!text.empty()) {
    const auto line_end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, line_end);
    text.remove_prefix(std::min(line_end + 1, text.size()));
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    places.push_back({std::string(line.substr(first + 1, second - first - 1)),
                      std::string(line.substr(second + 1))});
  }
  return places;
}

std::vector<std::string> self_and_ancestors(const std::string& path) {
  std::vector<std::string> all;
  for (std::string rest = path; !rest.empty() && rest != "/";) {
    all.push_back(rest);
    rest.resize(std::min(rest.find_last_of('/'), rest.size() - 1));
  }
  all.emplace_back();
  return all;
}

}  // namespace muster::detail
