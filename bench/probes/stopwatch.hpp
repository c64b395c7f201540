#pragma once

#include <sys/types.h>

#include <chrono>
#include <ctime>
#include <vector>

namespace bench {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Processor time, of the user's and the system's kind together, that this process (all of its
// threads) and some others spend from now on, and that of children that are waited for meanwhile.
class ProcessorTime {
 public:
  // `others` must live as long as they are asked for. Throws std::system_error for one that does
  // not.
  explicit ProcessorTime(const std::vector<pid_t>& others);
  double seconds() const { return now() - start_; }

 private:
  double now() const;

  std::vector<clockid_t> clocks_;
  double start_;
};

}  // namespace bench
