#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "bench/peers/tasks.hpp"

namespace bench {

// Something that runs tasks. Each of its operations is one whole measurement, so that an adapter
// can do it in the way that its own documentation calls fastest, and a virtual call a task is not
// what is measured. A peer offers some of them (see peers.hpp).
class Peer {
 public:
  virtual ~Peer() = default;

  // Starts the workers, and ends them. What a program does once before its first pool, as starting
  // an interpreter, belongs to the constructor.
  virtual void open(std::size_t workers) = 0;
  virtual void close() = 0;

  // The tasks are n -> n + 1 for 0, 1, ... tasks - 1, and all results are added up.

  // Submits all, keeps every future, then collects each in order. Of peers with kThreads: any
  // number of threads may at once.
  virtual std::uint64_t kept(std::uint32_t tasks);
  // The same with at most `window` futures at a time: the oldest is collected, then one submitted.
  virtual std::uint64_t windowed(std::uint32_t tasks, std::uint32_t window);
  // For peers that have no futures: the results as they come, as many in flight as suits it.
  virtual std::uint64_t without_futures(std::uint32_t tasks);
  // One at a time, each submitted when the last one's result is there, or so long after that.
  // Appends how long each took from before its submission to its result, in seconds.
  virtual std::uint64_t one_at_a_time(std::uint32_t tasks, std::chrono::nanoseconds pause,
                                      std::vector<double>& seconds);

  // Adds up mapped() of each input. Peers of other languages have a function of their own that
  // takes them about as long as short_work().
  virtual std::uint64_t map(std::span<const int> inputs);
  virtual std::uint64_t mapped(int input) const;

  // burn() for each of these, all submitted at once; when each ended, in the same order.
  virtual std::vector<std::int64_t> burn_all(std::span<const int> microseconds);

  // Before to_worker() with these values, 0, 1, 2, ..., and no part of what is measured.
  virtual void prepare_doubles(std::span<const double>) {}
  // `times` tasks, submitted at once, each of which is given all the values and adds them up. Gives
  // what the sums add up to.
  virtual double to_worker(std::span<const double> values, std::uint32_t times);
  // A task makes so many doubles, which this process then has. received() adds them up and drops
  // them.
  virtual void from_worker(std::uint64_t count);
  virtual double received();
  // When the task of the last from_...() had its doubles. REQUIRES: prepare_to_tell() before
  // open().
  virtual Instant made_at() const { return last_made(); }

  // Of peers with kShare, whose processes have memory in common. The values go there before what is
  // measured; then a task is given them and adds them up.
  virtual void share_doubles(std::span<const double> values);
  virtual double to_worker_shared();
  // As from_worker(), but what the task makes is in such memory, and this process has that.
  virtual void from_worker_shared(std::uint64_t count);
  // Of peers with kView: as from_worker(), but the doubles stay where they came to be.
  virtual void from_worker_viewed(std::uint64_t count);

  // Of peers with kKeep. Each worker makes so many doubles and keeps them; then a task adds up
  // those of the worker that it runs in.
  virtual void keep_doubles(std::uint64_t count);
  virtual double sum_of_kept();

  // Whether the futures are in this process, so that its memory tells what they take.
  virtual bool has_futures_here() const { return true; }

  // Worker processes.
  virtual std::vector<pid_t> workers() const { return {}; }
  // All that work for it beside this one and live throughout.
  virtual std::vector<pid_t> processes() const { return workers(); }
};

}  // namespace bench
