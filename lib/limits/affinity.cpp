#include "lib/limits/affinity.hpp"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <numeric>

namespace muster::detail {

namespace {

constexpr unsigned kFewBits = 1024;
constexpr unsigned kMostBits = 1 << 20;

struct FreeSet {
  void operator()(cpu_set_t* set) const { CPU_FREE(set); }
};
using CpuSet = std::unique_ptr<cpu_set_t, FreeSet>;

CpuSet make_set(unsigned bits) {
  CpuSet set(CPU_ALLOC(bits));
  if (set) CPU_ZERO_S(CPU_ALLOC_SIZE(bits), set.get());
  return set;
}

}  // namespace

std::vector<unsigned> affinity(pid_t thread) {
  // The kernel refuses a mask smaller than its own, and says not how large that is.
  for (unsigned bits = kFewBits; bits <= kMostBits; bits *= 2) {
    const CpuSet set = make_set(bits);
    if (!set) return {};
    const std::size_t size = CPU_ALLOC_SIZE(bits);
    if (::sched_getaffinity(thread, size, set.get()) != 0) {
      if (errno == EINVAL) continue;
      return {};
    }
    std::vector<unsigned> cpus;
    for (unsigned cpu = 0; cpu < bits; ++cpu) {
      if (CPU_ISSET_S(cpu, size, set.get())) cpus.push_back(cpu);
    }
    return cpus;
  }
  return {};
}

bool set_affinity(pid_t thread, const std::vector<unsigned>& cpus) {
  const unsigned most = cpus.empty() ? 0 : *std::ranges::max_element(cpus);
  if (most >= kMostBits) {
    errno = EINVAL;
    return false;
  }
  const unsigned bits = std::max(kFewBits, most + 1);
  const CpuSet set = make_set(bits);
  if (!set) {
    errno = ENOMEM;
    return false;
  }
  const std::size_t size = CPU_ALLOC_SIZE(bits);
  for (const unsigned cpu : cpus) CPU_SET_S(cpu, size, set.get());
  return ::sched_setaffinity(thread, size, set.get()) == 0;
}

std::vector<unsigned> allowed_cpus() {
  const std::vector<unsigned> before = affinity(0);
  if (before.empty()) return {};
  std::vector<unsigned> all(std::max(kFewBits, before.back() + 1) * 8);
  std::iota(all.begin(), all.end(), 0U);
  if (!set_affinity(0, all)) return {};
  std::vector<unsigned> allowed = affinity(0);
  if (!set_affinity(0, before)) return {};
  return allowed;
}

}  // namespace muster::detail
