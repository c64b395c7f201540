#include "worker/parent_watch.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

#include "lib/common/ticks.hpp"

namespace muster::detail {

namespace {

// With this status a worker leaves whose supervisor is gone: nobody is there to be told.
constexpr int kOrphaned = 123;
// As often as a worker that sleeps long looks around anyway (worker_queue_steps.hpp).
constexpr std::int64_t kPeriodNs = 10'000'000'000;
// A second or so, and less than the period, whatever the counter's rate.
constexpr std::uint64_t kAWhileTicks = 3'000'000'000;

}  // namespace

void ParentWatch::renew() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may have died before the call.
  if (::getppid() != parent_) ::_exit(kOrphaned);
  renewed_ticks_ = ticks_now();
  next_ = Deadline::at(monotonic_ns() + kPeriodNs);
}

void ParentWatch::renew_now_and_then() {
  if (ticks_now() - renewed_ticks_ >= kAWhileTicks) renew();
}

}  // namespace muster::detail
