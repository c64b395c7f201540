#include "lib/common/cpus.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>

#include "lib/common/cgroups.hpp"
#include "lib/common/small_file.hpp"

namespace muster::detail {
namespace {

std::size_t cpus_in_affinity_mask() {
  // The kernel refuses a mask smaller than its own, and says not how large that is.
  for (int bits = 1024; bits <= (1 << 20); bits *= 2) {
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set(CPU_ALLOC(bits),
                                                               [](cpu_set_t* s) { CPU_FREE(s); });
    if (set == nullptr) return 1;
    const std::size_t size = CPU_ALLOC_SIZE(bits);
    if (::sched_getaffinity(0, size, set.get()) == 0)
      return static_cast<std::size_t>(CPU_COUNT_S(size, set.get()));
  }
  return 1;
}

double no_limit() { return std::numeric_limits<double>::infinity(); }

double quota_of(std::optional<std::int64_t> quota, std::optional<std::int64_t> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return no_limit();
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

// Version 2: "max 100000" or "150000 100000".
double quota_v2(const std::string& folder) {
  const std::string text = read_small_file(folder + "/cpu.max");
  std::string_view rest = text;
  const auto quota = take_number(rest);
  return quota_of(quota, take_number(rest));
}

double quota_v1(const std::string& folder) {
  const auto quota = read_number(folder + "/cpu.cfs_quota_us");
  if (!quota) return no_limit();
  return quota_of(quota, read_number(folder + "/cpu.cfs_period_us"));
}

// The smallest quota of `path` and all that is above it.
double smallest(const std::string& root, const std::string& path,
                double (*quota)(const std::string&)) {
  double least = no_limit();
  for (const std::string& folder : self_and_ancestors(path)) {
    least = std::min(least, quota(root + folder));
  }
  return least;
}

}  // namespace

double cgroup_cpu_quota(const std::string& proc_cgroup, const std::string& root) {
  double least = no_limit();
  for (const CgroupPlace& place : cgroup_places(proc_cgroup)) {
    double here = no_limit();
    if (place.is_v2()) {
      here = smallest(root, place.path, quota_v2);
    } else if (place.has("cpu")) {
      here = smallest(root + "/cpu", place.path, quota_v1);
    }
    if (here < least) least = here;
  }
  return std::isinf(least) ? 0 : least;
}

std::size_t usable_cpus() noexcept {
  try {
    std::size_t cpus = cpus_in_affinity_mask();
    const double quota = cgroup_cpu_quota(read_small_file("/proc/self/cgroup"), "/sys/fs/cgroup");
    if (quota > 0 && std::ceil(quota) < static_cast<double>(cpus))
      cpus = static_cast<std::size_t>(std::ceil(quota));
    return cpus > 0 ? cpus : 1;
  } catch (const std::exception&) {
    // No memory for the text, or a quota that is no number: one is always right.
    return 1;
  }
}

}  // namespace muster::detail
