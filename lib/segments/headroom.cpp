#include "lib/segments/headroom.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace muster::detail {

namespace {

constexpr auto kUnknown = std::numeric_limits<std::size_t>::max();

std::optional<std::size_t> read_number(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  if (!(file >> word)) return std::nullopt;  // absent, or not ours to read
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;  // "max"
  return value;
}

std::size_t machine_headroom() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    constexpr std::string_view kKey = "MemAvailable:";
    if (line.compare(0, kKey.size(), kKey) != 0) continue;
    return std::stoull(line.substr(kKey.size())) * 1024;
  }
  return kUnknown;
}

// Page cache that the kernel would give up first counts as free; without memory.stat it does not,
// which errs on the safe side.
std::size_t cgroup_left(const std::string& limit_file, const std::string& usage_file) {
  const auto limit = read_number(limit_file);
  const auto usage = read_number(usage_file);
  if (!limit || !usage || *limit > kUnknown / 2) return kUnknown;
  return *limit > *usage ? *limit - *usage : 0;
}

std::size_t cgroup_headroom() {
  std::size_t left = kUnknown;
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    // "0::/a/b" is version 2, "9:memory:/a/b" version 1. Every ancestor's limit counts.
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    const bool v2 = controllers.empty();
    if (!v2 && controllers.find("memory") == std::string::npos) continue;
    while (true) {
      if (v2) {
        const std::string folder = "/sys/fs/cgroup" + path;
        left = std::min(left, cgroup_left(folder + "/memory.max", folder + "/memory.current"));
      } else {
        const std::string folder = "/sys/fs/cgroup/memory" + path;
        left = std::min(left, cgroup_left(folder + "/memory.limit_in_bytes",
                                          folder + "/memory.usage_in_bytes"));
      }
      const auto slash = path.find_last_of('/');
      if (path.size() <= 1 || slash == std::string::npos) break;
      path.resize(slash == 0 ? 1 : slash);
    }
  }
  return left;
}

}  // namespace

std::size_t memory_headroom() { return std::min(machine_headroom(), cgroup_headroom()); }

std::byte* allocate_for_writing(std::size_t size) {
  constexpr std::size_t kAlign = 64;
  // Looking costs as much as writing so much.
  constexpr std::size_t kWorthLooking = std::size_t{1} << 20;
  if (size >= kWorthLooking && size > memory_headroom()) return nullptr;
  return static_cast<std::byte*>(std::aligned_alloc(kAlign, (size / kAlign + 1) * kAlign));
}

std::string memory_limits_hint() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  return "; the file size limit (ulimit -f) of " + std::to_string(limit.rlim_cur) +
         " bytes counts for shared memory";
}

}  // namespace muster::detail
