#include "bench/probes/others_watch.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <string>

#include <fmt/format.h>

#include "bench/probes/busy_time.hpp"

namespace bench {

namespace {

double seconds_of(const timeval& time) {
  constexpr double kMicro = 1e-6;
  return static_cast<double>(time.tv_sec) + kMicro * static_cast<double>(time.tv_usec);
}

double own_seconds() {
  double seconds = 0;
  for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    ::getrusage(who, &usage);
    seconds += seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  }
  return seconds;
}

}  // namespace

OthersWatch::OthersWatch()
    : begun_(std::chrono::steady_clock::now()), all_(busy_seconds()), own_(own_seconds()) {}

std::string OthersWatch::doubt() const {
  // The system counts in hundredths of a second, and has some work of its own.
  constexpr double kMostShare = 0.05;
  constexpr double kLeastSeconds = 0.5;
  constexpr double kPercent = 100;
  if (all_ == 0) return "";
  const double others = (busy_seconds() - all_) - (own_seconds() - own_);
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun_;
  const double share =
      others / (passed.count() * static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN)));
  if (others < kLeastSeconds || share < kMostShare) return "";
  return fmt::format(
      "others used {:.0f}% of the processors while this was measured, {:.1f} s of processor time",
      kPercent * share, others);
}

}  // namespace bench
