#include "bench/probes/stopwatch.hpp"

#include <sys/resource.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace bench {

namespace {

[[noreturn]] void throw_error(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

ProcessorTime::ProcessorTime(const std::vector<pid_t>& others) {
  clocks_.push_back(CLOCK_PROCESS_CPUTIME_ID);
  for (const pid_t pid : others) {
    clockid_t clock{};
    if (const int error = ::clock_getcpuclockid(pid, &clock); error != 0) {
      throw_error(error, "cannot read the processor time of process " + std::to_string(pid));
    }
    clocks_.push_back(clock);
  }
  start_ = now();
}

double ProcessorTime::now() const {
  double sum = 0;
  for (const clockid_t clock : clocks_) {
    timespec time{};
    if (::clock_gettime(clock, &time) != 0) throw_error(errno, "cannot read a processor clock");
    sum += static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  rusage children{};
  ::getrusage(RUSAGE_CHILDREN, &children);
  return sum + seconds_of(children.ru_utime) + seconds_of(children.ru_stime);
}

}  // namespace bench
