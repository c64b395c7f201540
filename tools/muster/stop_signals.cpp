#include "stop_signals.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <system_error>

namespace muster_tool {

namespace {

using Clock = std::chrono::steady_clock;

timespec to_timespec(std::chrono::nanoseconds duration) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
  return {static_cast<std::time_t>(seconds.count()),
          static_cast<long>((duration - seconds).count())};
}

void check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

}  // namespace

StopSignals::StopSignals() {
  ::sigemptyset(&signals_);
  ::sigaddset(&signals_, SIGINT);
  ::sigaddset(&signals_, SIGTERM);
  check(::pthread_sigmask(SIG_BLOCK, &signals_, &before_), "pthread_sigmask");
}

// One that came and was taken does not come again; one that was not is acted on now.
StopSignals::~StopSignals() { (void)::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool StopSignals::wait_for(muster::Duration duration) {
  const Clock::time_point now = Clock::now();
  const auto left_to_clock = Clock::time_point::max() - now;
  const auto span = std::min<std::chrono::nanoseconds>(
      std::max(std::chrono::nanoseconds(duration), std::chrono::nanoseconds(0)), left_to_clock);
  const Clock::time_point end = now + span;
  while (!came_) {
    const timespec left = to_timespec(std::max(end - Clock::now(), Clock::duration::zero()));
    if (::sigtimedwait(&signals_, nullptr, &left) > 0) {
      came_ = true;
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      check(errno, "sigtimedwait");
    }
  }
  return came_;
}

void StopSignals::wait() {
  while (!came_) {
    if (::sigwaitinfo(&signals_, nullptr) > 0) {
      came_ = true;
    } else if (errno != EINTR) {
      check(errno, "sigwaitinfo");
    }
  }
}

}  // namespace muster_tool
