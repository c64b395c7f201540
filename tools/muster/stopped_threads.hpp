#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace muster_tool {

// Whether a process is the one that is meant: its number may be another's by now.
using IsMeant = std::function<bool(pid_t pid)>;

// All threads of a process, stopped from stop() until let_go(). They are traced without a signal
// (PTRACE_SEIZE), so that the kernel lets them go on as they were where the process that has made
// this ends, however it does: it is the only one that may call it, and ends soon.
class StoppedThreads {
 public:
  // Takes hold of the threads, which run on meanwhile. Throws CannotTrace.
  StoppedThreads(pid_t pid, const IsMeant& is_meant);

  // Returns when all have stopped, and after two seconds at the latest: a thread in an
  // uninterruptible wait does not stop before that ends.
  void stop();
  // Those that live, the main one first.
  std::vector<pid_t> threads() const;
  // None: it has not stopped.
  std::optional<user_regs_struct> registers(pid_t thread) const;
  void let_go();

 private:
  using Clock = std::chrono::steady_clock;

  void seize_all();
  bool seize(pid_t thread);
  void interrupt_new();
  void await_stops(Clock::time_point until);

  struct Thread {
    bool interrupted = false;
    std::optional<int> stop;  // the signal that stopped it, or 0
  };

  pid_t pid_;
  std::map<pid_t, Thread> threads_;
};

}  // namespace muster_tool
