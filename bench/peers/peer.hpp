#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace bench {

// Something that runs tasks, with its workers started. Each of these is one whole measurement, so
// that an adapter can do it in the way that its own documentation calls fastest, and a virtual
// call a task is not what is measured. A peer offers some of them (see peers.hpp).
//
// The tasks are n -> n + 1, and all results are added up.
class Peer {
 public:
  virtual ~Peer() = default;

  // Submits the tasks of 0, 1, ... tasks - 1, keeps every future, then collects each in order.
  virtual std::uint64_t kept(std::uint32_t tasks);
  // The same with at most `window` futures at a time: the oldest is collected, then one submitted.
  virtual std::uint64_t windowed(std::uint32_t tasks, std::uint32_t window);
  // One at a time, each submitted when the last one's result is there, or so long after that.
  // Appends how long each took from before its submission to its result, in seconds.
  virtual std::uint64_t one_at_a_time(std::uint32_t tasks, std::chrono::nanoseconds pause,
                                      std::vector<double>& seconds);
  // short_work() of each input.
  virtual std::uint64_t map(std::span<const int> inputs);

  // Those that work for it beside this one.
  virtual std::vector<pid_t> processes() const { return {}; }
};

// The sum of what kept() and its kin give.
constexpr std::uint64_t sum_of_results(std::uint64_t tasks) { return tasks * (tasks + 1) / 2; }

// The empty task.
inline constexpr auto kPlusOne = [](int n) { return n + 1; };

// About 50 ns of arithmetic in which each step waits for the one before. Not inlined, so that no
// peer has it joined into a loop that another cannot have.
[[gnu::noinline]] int short_work(int n);

}  // namespace bench
