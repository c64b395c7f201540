#include "lib/segments/headroom.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>
#include <string>
#include <string_view>

#include <muster/detail/huge_pages.hpp>

#include "lib/common/cgroups.hpp"
#include "lib/common/small_file.hpp"

namespace muster::detail {

namespace {

constexpr auto kUnknown = std::numeric_limits<std::size_t>::max();

std::size_t machine_headroom() {
  const auto kilobytes = number_behind(read_small_file("/proc/meminfo"), "MemAvailable:");
  return kilobytes ? static_cast<std::size_t>(*kilobytes) * 1024 : kUnknown;
}

// A cgroup's folder, and what its files are called.
struct CgroupFiles {
  std::string_view root;
  std::string_view limit;
  std::string_view usage;
  std::string_view file_pages[2];  // in memory.stat, those of the groups below counted in
};
constexpr CgroupFiles kVersion1{"/sys/fs/cgroup/memory",
                                "/memory.limit_in_bytes",
                                "/memory.usage_in_bytes",
                                {"total_inactive_file", "total_active_file"}};
constexpr CgroupFiles kVersion2{
    "/sys/fs/cgroup", "/memory.max", "/memory.current", {"inactive_file", "active_file"}};

// The page cache of files, which counts as used and which the kernel gives up before it lacks
// memory. Without memory.stat nothing is taken for it, which errs on the safe side.
std::int64_t page_cache(const CgroupFiles& files, const std::string& folder) {
  const std::string stat = "\n" + read_small_file(folder + "/memory.stat");
  std::int64_t bytes = 0;
  for (const std::string_view key : files.file_pages) {
    bytes += number_behind(stat, "\n" + std::string(key) + " ").value_or(0);
  }
  return bytes;
}

std::size_t cgroup_left(const CgroupFiles& files, const std::string& folder) {
  // None: absent, not ours to read, or "max".
  const auto limit = read_number(folder + std::string(files.limit));
  if (!limit || static_cast<std::size_t>(*limit) > kUnknown / 4) return kUnknown;
  const auto usage = read_number(folder + std::string(files.usage));
  if (!usage) return kUnknown;
  const std::int64_t needed = std::max<std::int64_t>(0, *usage - page_cache(files, folder));
  return *limit > needed ? static_cast<std::size_t>(*limit - needed) : 0;
}

std::size_t cgroup_headroom() {
  std::size_t left = kUnknown;
  for (const CgroupPlace& place : cgroup_places(read_small_file("/proc/self/cgroup"))) {
    const bool v2 = place.is_v2();
    if (!v2 && !place.has("memory")) continue;
    const CgroupFiles& files = v2 ? kVersion2 : kVersion1;
    for (const std::string& path : self_and_ancestors(place.path)) {
      left = std::min(left, cgroup_left(files, std::string(files.root) + path));
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
  auto* const block =
      static_cast<std::byte*>(std::aligned_alloc(kAlign, (size / kAlign + 1) * kAlign));
  if (block != nullptr && size >= kWorthHugePages) ask_for_huge_pages(block, size);
  return block;
}

std::string memory_limits_hint() {
  struct Bound {
    int resource;
    const char* before;
    const char* after;
  };
  constexpr Bound kBounds[] = {
      {RLIMIT_FSIZE, "; the file size limit (ulimit -f) of ", " bytes counts for shared memory"},
      {RLIMIT_AS, "; the program's address space is limited (ulimit -v) to ", " bytes"},
  };
  std::string hint;
  for (const Bound& bound : kBounds) {
    rlimit limit{};
    if (::getrlimit(bound.resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) continue;
    hint += bound.before + std::to_string(limit.rlim_cur) + bound.after;
  }
  return hint;
}

}  // namespace muster::detail
