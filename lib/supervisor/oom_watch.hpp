#pragma once

#include <cstdint>

namespace muster::detail {

// Whether the kernel has killed for lack of memory: evidence, not proof, since it counts for the
// whole machine. Source: oom_kill in /proc/vmstat (Linux 4.13).
class OomWatch {
 public:
  // From now on.
  void start() { seen_ = count(); }
  // Since the last time this was asked.
  bool has_killed();

 private:
  static std::uint64_t count();

  std::uint64_t seen_ = 0;
};

}  // namespace muster::detail
