#include "lib/common/time_slice.hpp"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

namespace muster::detail {

namespace {

// The shortest that the kernel gives.
constexpr std::uint64_t kShortNs = 100'000;

// As in linux/sched/types.h, which does not go together with sched.h.
struct Attributes {
  std::uint32_t size;
  std::uint32_t policy;
  std::uint64_t flags;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t runtime;
  std::uint64_t deadline;
  std::uint64_t period;
};

// What it was; nothing where it stays so.
std::optional<std::uint64_t> set_slice(std::uint64_t nanoseconds) {
  Attributes attributes{};
  if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) != 0) return std::nullopt;
  // Of the other policies it means something else.
  if (attributes.policy != SCHED_OTHER && attributes.policy != SCHED_BATCH) return std::nullopt;
  attributes.size = sizeof(attributes);
  const std::uint64_t before = std::exchange(attributes.runtime, nanoseconds);
  if (::syscall(SYS_sched_setattr, 0, &attributes, 0) != 0) return std::nullopt;
  return before;
}

}  // namespace

void TimeSlice::shorten() noexcept { before_ns_ = set_slice(kShortNs); }

void TimeSlice::restore() const noexcept {
  if (before_ns_) set_slice(*before_ns_);
}

}  // namespace muster::detail
