// A worker that is stopped by a signal is not dead, and takes no task; the others do. Neither is a
// supervisor.

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/proc.hpp"
#include "support/watchdog.hpp"
#include "support/writable_memory.hpp"

namespace {

using namespace std::chrono_literals;
using muster::ProcessPoolExecutor;

bool in_state(pid_t pid, const char* state) {
  const auto fields = test_support::stat_fields(pid);
  return !fields.empty() && fields[0] == state;
}

// Of the pool's two workers; by what they share with this process, the only pool's client.
class Watched {
 public:
  explicit Watched(const ProcessPoolExecutor& pool) : pids(pool.worker_pids()) {}

  // Returns when the worker sleeps until somebody wakes it.
  void wait_until_parked(std::uint32_t worker) const {
    while (control.park()[worker].state.load() != muster::detail::kParked ||
           !in_state(pids.at(worker), "S")) {
      ::usleep(100);
    }
  }

  const std::vector<pid_t> pids;
  const muster::detail::ControlView control =
      test_support::WritableMemory::of_this_worker().control;
};

class StoppedWorkers {
 public:
  ~StoppedWorkers() { go_on(); }
  void stop(pid_t pid) {
    pids_.push_back(pid);
    ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    while (!in_state(pid, "T")) ::usleep(100);
  }
  void go_on() {
    for (const pid_t pid : pids_) ::kill(pid, SIGCONT);
    pids_.clear();
  }

 private:
  std::vector<pid_t> pids_;
};

// The first to be woken is worker 0, which is stopped in its sleep, and no wake reaches it. Worker
// 1 stands still only until its word was looked at.
TEST(StoppedWorker, SwallowsNoWake) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const Watched watched(pool);
  StoppedWorkers first, second;
  watched.wait_until_parked(0);
  first.stop(watched.pids.at(0));
  for (int i = 1; i <= 5; ++i) {
    watched.wait_until_parked(1);
    second.stop(watched.pids.at(1));
    auto future = pool.submit([i] { return i; });
    EXPECT_EQ(watched.control.park()[1].state.load(), muster::detail::kWoken);
    second.go_on();
    EXPECT_EQ(future.result(), i);
  }
}

// Worker 0 looks like one that was stopped before it could go to sleep: it counts as awake, so
// nobody is woken for the task, until the thread that waits for it looks.
TEST(StoppedWorker, ThatSeemsAwakeKeepsNoTaskFromOneThatSleeps) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const Watched watched(pool);
  StoppedWorkers stopped;
  for (std::uint32_t worker = 0; worker < 2; ++worker) {
    watched.wait_until_parked(worker);
    stopped.stop(watched.pids.at(worker));
  }
  const auto& control = watched.control;
  control.park()[0].state.store(muster::detail::kAwake);
  control.sleepers()->words[0].fetch_and(~std::uint64_t{1});

  auto future = pool.submit([] { return 7; });
  ASSERT_EQ(control.park()[1].state.load(), muster::detail::kParked);
  EXPECT_THROW(future.result(50ms), muster::TimeoutError);
  EXPECT_EQ(control.park()[1].state.load(), muster::detail::kWoken);
  stopped.go_on();
  EXPECT_EQ(future.result(), 7);
}

// Going on it asks the kernel once more about its workers, of whom it must not know so many now.
TEST(StoppedSupervisor, ThatMayOpenFewerFilesThanItHasBreaksThePoolAndSaysSo) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const pid_t supervisor = test_support::parent_of(pool.worker_pids().at(0));
  auto future = pool.submit([] { ::pause(); });
  StoppedWorkers stopped;
  stopped.stop(supervisor);
  const rlimit few{3, 3};
  ASSERT_EQ(::prlimit(supervisor, RLIMIT_NOFILE, &few, nullptr), 0);
  stopped.go_on();
  EXPECT_STREQ(test_support::failure_of<muster::BrokenProcessPool>(future).what(),
               "the pool broke because its supervisor could not watch its workers: it may not "
               "open as many files (ulimit -n) as it has to watch");
}

}  // namespace
