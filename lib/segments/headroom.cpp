#include "lib/segments/headroom.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>
#include <string>
#include <string_view>

#include "lib/common/cgroups.hpp"
#include "lib/common/small_file.hpp"

namespace muster::detail {

namespace {

constexpr auto kUnknown = std::numeric_limits<std::size_t>::max();

std::size_t machine_headroom() {
  constexpr std::string_view kKey = "MemAvailable:";
  const std::string text = read_small_file("/proc/meminfo");
  const auto at = text.find(kKey);
  if (at == std::string::npos) return kUnknown;
  std::string_view rest = std::string_view(text).substr(at + kKey.size());
  const auto kilobytes = take_number(rest);
  return kilobytes ? static_cast<std::size_t>(*kilobytes) * 1024 : kUnknown;
}

// Page cache that the kernel would give up first counts as free; without memory.stat it does not,
// which errs on the safe side.
std::size_t cgroup_left(const std::string& limit_file, const std::string& usage_file) {
  const auto limit = read_number(limit_file);  // none: absent, not ours to read, or "max"
  if (!limit || static_cast<std::size_t>(*limit) > kUnknown / 4) return kUnknown;
  const auto usage = read_number(usage_file);
  if (!usage) return kUnknown;
  return *limit > *usage ? static_cast<std::size_t>(*limit - *usage) : 0;
}

std::size_t cgroup_headroom() {
  std::size_t left = kUnknown;
  for (const CgroupPlace& place : cgroup_places(read_small_file("/proc/self/cgroup"))) {
    const bool v2 = place.is_v2();
    if (!v2 && !place.has("memory")) continue;
    // Every ancestor's limit counts.
    std::string path = place.path;
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

std::size_t memory_headroom() noexcept {
  try {
    return std::min(machine_headroom(), cgroup_headroom());
  } catch (const std::bad_alloc&) {
    return 0;
  }
}

std::byte* allocate_for_writing(std::size_t size) noexcept {
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
