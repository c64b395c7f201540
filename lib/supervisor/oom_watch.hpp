#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace muster::detail {

// Whether the kernel has killed for lack of memory: evidence, not proof. Counted for the memory
// cgroup that the supervisor is in, and with it the workers, unless they have moved: oom_kill in
// memory.events (version 2) or memory.oom_control (version 1). In a container the group may be
// found at the root of what is mounted there, or on the way. Where there is none, in /proc/vmstat,
// for the whole machine.
//
// Each kill explains one death, one that is noticed at most kFreshNs after it.
class OomWatch {
 public:
  static constexpr std::int64_t kFreshNs = 10'000'000'000;

  explicit OomWatch(std::string proc = "/proc", std::string cgroups = "/sys/fs/cgroup")
      : proc_(std::move(proc)), cgroups_(std::move(cgroups)) {}

  // Notes what there is to note: at first, and then at least every kFreshNs. Times are monotonic.
  void look(std::int64_t now);
  // The same unless it was done within the last second.
  void look_now_and_then(std::int64_t now);
  // Whether a kill is left that explains this death.
  bool explains_death(std::int64_t now);

 private:
  struct Counter {
    std::string file;
    std::uint64_t kills = 0;
  };
  Counter read() const;
  std::vector<std::string> cgroup_files() const;

  std::string proc_;
  std::string cgroups_;
  std::optional<Counter> last_;
  std::int64_t looked_at_ns_ = 0;
  std::vector<std::int64_t> kills_;  // when each was noticed that has explained no death
};

}  // namespace muster::detail
