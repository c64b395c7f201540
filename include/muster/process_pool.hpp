#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include <muster/executor.hpp>
#include <muster/options.hpp>
#include <muster/stats.hpp>

namespace muster {

namespace detail {
class ProcessCore;
}

// A pool of worker processes: what crashes in one of them takes neither the program nor, with
// OnWorkerDeath::replace, the pool with it. Tasks and their results travel by value; see
// <muster/codec.hpp> for what can.
//
// Made with StartMethod::fork, and in a program that does not call muster::init(), the workers are
// copies of the process as it is at that moment. Make such pools before threads: a lock that
// another thread holds at the fork stays locked in the workers.
//
// In a child that the program forks itself a pool is inert: using it throws InvalidStateError,
// destroying it does nothing. Likewise in its own workers, where a new pool can be made.
//
// Thread safety: any members from any threads at once, but for moving and destroying.
class ProcessPoolExecutor final : public Executor,
                                  public TaskInterface<ProcessPoolExecutor, detail::TravelPath> {
 public:
  // One worker a CPU that this process may use.
  ProcessPoolExecutor();
  // Returns when the workers are made. Throws InvalidArgumentError for options that make no sense
  // and for more workers than can be made; Error where memory or file descriptors run out.
  explicit ProcessPoolExecutor(ProcessPoolOptions options);
  // For ProcessPoolExecutor({}), which could mean the default options or a pool to be moved from.
  explicit ProcessPoolExecutor(std::nullptr_t) : ProcessPoolExecutor() {}

  ProcessPoolExecutor(ProcessPoolExecutor&&) noexcept;
  ProcessPoolExecutor& operator=(ProcessPoolExecutor&&) noexcept;

  // shutdown(), also after shutdown({.wait = false}); while an exception unwinds the stack, what
  // ProcessPoolOptions::on_unwind says.
  ~ProcessPoolExecutor() override;

  using TaskInterface<ProcessPoolExecutor, detail::TravelPath>::map;
  using TaskInterface<ProcessPoolExecutor, detail::TravelPath>::map_unordered;
  using TaskInterface<ProcessPoolExecutor, detail::TravelPath>::share;
  using TaskInterface<ProcessPoolExecutor, detail::TravelPath>::submit;
  using TaskInterface<ProcessPoolExecutor, detail::TravelPath>::try_submit;

  // With wait, the workers have ended when it returns.
  void shutdown(ShutdownOptions options = {}) override;

  // SIGTERM to all workers, SIGKILL after kill_grace to those that stay. The pool is broken then:
  // what was unfinished fails with BrokenProcessPool. Returns when they are gone; one that the
  // kernel does not let go of (state D) is given up 5 seconds after SIGKILL, and the error names
  // it. The pool's supervisor does it, and is sent SIGCONT in case that somebody has stopped it.
  // Nothing happens to a pool that is broken or shut down.
  void terminate_workers();
  // The same with SIGKILL at once; also while another thread is in terminate_workers(), which then
  // ends sooner.
  void kill_workers();

  PoolStats stats() const override;
  // Of the workers that there are at the moment.
  std::vector<pid_t> worker_pids() const;
  std::string_view name() const override;

 private:
  detail::ProcessCore& core() const;
  void end(bool unwinding) noexcept;

  std::shared_ptr<detail::ProcessCore> core_;
  OnUnwind on_unwind_ = OnUnwind::cancel;
  int uncaught_ = 0;  // exceptions in flight when the pool was made
};

}  // namespace muster
