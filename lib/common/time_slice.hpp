#pragma once

#include <cstdint>
#include <optional>

namespace muster::detail {

// How long the kernel lets this thread run before others of its priority have their turn. One that
// asks for short turns gets the processor sooner when it wakes: among threads that compute, who
// does little and seldom does not wait for the end of theirs, which are some milliseconds long.
//
// Since Linux 6.12 (sched_setattr(2): sched_runtime of a SCHED_OTHER thread is its slice). Older
// ones take no notice, and where it is refused nothing changes: it is about time alone.
class TimeSlice {
 public:
  // Shortens this thread's, and that of all it forks; remembers what it was.
  void shorten() noexcept;
  // In a child: as it was in the thread that called shorten().
  void restore() const noexcept;

 private:
  std::optional<std::uint64_t> before_ns_;  // nothing: it was not shortened
};

}  // namespace muster::detail
