#include "lib/start/privileges.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <muster/error.hpp>

#include "lib/common/small_file.hpp"

namespace muster::detail {

namespace {

constexpr std::array<std::string_view, 11> kLines{
    "Uid",    "Gid",    "Groups",  "CapInh",          "CapPrm",    "CapEff",
    "CapBnd", "CapAmb", "Seccomp", "Seccomp_filters", "NoNewPrivs"};

std::string_view take_line(std::string_view& text) {
  const std::size_t length = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, length);
  text.remove_prefix(std::min(length + 1, text.size()));
  return line;
}

// What stands behind the colon, its tabs as spaces.
std::string value_of(std::string_view line) {
  std::string value(line.substr(line.find(':') + 1));
  std::ranges::replace(value, '\t', ' ');
  const std::size_t begin = value.find_first_not_of(' ');
  if (begin == std::string::npos) return "none";
  return value.substr(begin, value.find_last_not_of(' ') + 1 - begin);
}

}  // namespace

std::string privileges() {
  const std::string status = read_small_file("/proc/thread-self/status");
  if (status.empty()) {
    throw Error(
        "this program cannot read its privileges in /proc/thread-self/status: is /proc mounted, "
        "and "
        "are there file descriptors left?");
  }
  std::string found;
  for (std::string_view rest = status; !rest.empty();) {
    const std::string_view line = take_line(rest);
    if (std::ranges::find(kLines, line.substr(0, line.find(':'))) != kLines.end()) {
      found += line;
      found += '\n';
    }
  }
  return found;
}

std::string changed_privileges(const std::string& before, const std::string& after) {
  std::string changed;
  std::string_view now = after;
  for (std::string_view old = before; !old.empty();) {
    const std::string_view was = take_line(old);
    const std::string_view is = take_line(now);
    if (was == is) continue;
    if (!changed.empty()) changed += "; ";
    changed += was.substr(0, was.find(':'));
    changed += " was " + value_of(was) + " and is " + value_of(is);
  }
  return changed;
}

}  // namespace muster::detail
