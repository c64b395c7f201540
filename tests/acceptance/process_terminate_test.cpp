// terminate_workers() and kill_workers().

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"

namespace {

using namespace std::chrono_literals;
using muster::BrokenProcessPool;
using muster::ProcessPoolExecutor;
using test_support::failure_of;
using test_support::SharedGate;

enum class Way { terminate, kill };

class ForceShutdown : public testing::TestWithParam<Way> {
 protected:
  static void stop(ProcessPoolExecutor& pool) {
    GetParam() == Way::terminate ? pool.terminate_workers() : pool.kill_workers();
  }
};

INSTANTIATE_TEST_SUITE_P(ProcessPool, ForceShutdown, testing::Values(Way::terminate, Way::kill),
                         [](const auto& suite) {
                           return suite.param == Way::terminate ? "Terminate" : "Kill";
                         });

// Behaviours 85, 86 and 88.
TEST_P(ForceShutdown, RunningTaskIsStopped) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const pid_t worker = pool.worker_pids().at(0);
  const SharedGate started;
  const SharedGate never;
  const SharedGate finished;
  auto running = pool.submit([started, never, finished] {
    started.open();
    never.wait();
    finished.open();
  });
  auto pending = pool.submit([] { return 1; });
  started.wait();
  stop(pool);
  failure_of<BrokenProcessPool>(running);
  failure_of<BrokenProcessPool>(pending);
  pool.shutdown();
  EXPECT_FALSE(finished.is_open());
  EXPECT_TRUE(test_support::is_gone(worker));
}

SharedGate* sigterm_seen = nullptr;

// Behaviour 88: the right signal.
TEST_P(ForceShutdown, SendsItsSignal) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const SharedGate started;
  const SharedGate never;
  const SharedGate seen;
  auto running = pool.submit([started, never, seen] {
    sigterm_seen = new SharedGate(seen);
    std::signal(SIGTERM, [](int) {
      sigterm_seen->open();
      ::_exit(0);
    });
    started.open();
    never.wait();
  });
  started.wait();
  stop(pool);
  failure_of<BrokenProcessPool>(running);
  EXPECT_EQ(seen.is_open(), GetParam() == Way::terminate);
}

// Behaviours 85 and 147.
TEST_P(ForceShutdown, WorkersThatIgnoreSigtermAreGoneToo) {
  ProcessPoolExecutor pool({.max_workers = 1, .kill_grace = 20ms});
  const pid_t worker = pool.worker_pids().at(0);
  const SharedGate started;
  const SharedGate never;
  auto running = pool.submit([started, never] {
    std::signal(SIGTERM, SIG_IGN);
    started.open();
    never.wait();
  });
  started.wait();
  stop(pool);
  failure_of<BrokenProcessPool>(running);
  pool.shutdown();
  EXPECT_TRUE(test_support::is_gone(worker));
}

// Behaviour 147: longer than it takes to find that a worker's death is told by nobody.
TEST(Terminate, ErrorSaysSoHoweverLongTheLastWorkerTakes) {
  ProcessPoolExecutor pool(
      {.max_workers = 2, .on_worker_death = muster::OnWorkerDeath::replace, .kill_grace = 3s});
  const test_support::SharedCounter started;
  const SharedGate never;
  const auto stubborn = [started, never] {
    if (muster::this_worker::index() == 1) std::signal(SIGTERM, SIG_IGN);
    started.add();
    never.wait();
  };
  auto first = pool.submit(stubborn);
  auto second = pool.submit(stubborn);
  started.wait_at_least(2);
  pool.terminate_workers();
  for (auto* future : {&first, &second}) {
    EXPECT_STREQ(failure_of<BrokenProcessPool>(*future).what(),
                 "the pool's workers were stopped by SIGTERM, as the program asked");
  }
}

// Behaviour 85: who waits for the end by SIGTERM need not wait longer than another wants to.
TEST(Terminate, EndsAtOnceWhereAnotherThreadKillsTheWorkers) {
  ProcessPoolExecutor pool({.max_workers = 2, .kill_grace = 1h});
  const SharedGate started;
  const SharedGate never;
  const SharedGate seen;
  auto stubborn = pool.submit([started, never, seen] {
    sigterm_seen = new SharedGate(seen);
    std::signal(SIGTERM, [](int) { sigterm_seen->open(); });
    started.open();
    never.wait();
  });
  started.wait();
  std::thread terminator([&] { pool.terminate_workers(); });
  seen.wait();
  pool.kill_workers();
  terminator.join();
  failure_of<BrokenProcessPool>(stubborn);
}

// It ends the workers, so it is not to be deaf.
TEST_P(ForceShutdown, EndsAlsoWhereTheSupervisorIsStopped) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const SharedGate started;
  const SharedGate never;
  auto running = pool.submit([started, never] {
    started.open();
    never.wait();
  });
  started.wait();
  const pid_t supervisor = test_support::parent_of(pool.worker_pids().at(0));
  ASSERT_EQ(::kill(supervisor, SIGSTOP), 0);
  while (test_support::stat_fields(supervisor).at(0) != "T") std::this_thread::yield();
  stop(pool);
  failure_of<BrokenProcessPool>(running);
}

// Behaviour 89.
TEST_P(ForceShutdown, DoesNotThrowOnABrokenPool) {
  ProcessPoolExecutor pool({.max_workers = 2});
  auto future = pool.submit(test_support::end_worker, test_support::End::killed);
  failure_of<BrokenProcessPool>(future);
  EXPECT_NO_THROW(stop(pool));
  EXPECT_NO_THROW(stop(pool));
}

// Behaviour 90.
TEST_P(ForceShutdown, DoesNotThrowOnAPoolThatRanNothing) {
  ProcessPoolExecutor pool({.max_workers = 2});
  EXPECT_NO_THROW(stop(pool));
}

// Behaviour 90.
TEST_P(ForceShutdown, DoesNotThrowAfterShutdown) {
  ProcessPoolExecutor pool({.max_workers = 2});
  auto done = pool.submit([] { return 7; });
  pool.shutdown();
  EXPECT_NO_THROW(stop(pool));
  EXPECT_EQ(done.result(), 7);
}

// Behaviour 91.
TEST_P(ForceShutdown, PoolIsBrokenAndItsWorkersAreGone) {
  std::vector<pid_t> workers;
  {
    ProcessPoolExecutor pool({.max_workers = 3});
    workers = pool.worker_pids();
    auto done = pool.submit([] { return 7; });
    EXPECT_EQ(done.result(), 7);
    stop(pool);
    EXPECT_THROW(pool.submit([] { return 1; }), BrokenProcessPool);
    EXPECT_EQ(done.result(), 7);
  }
  EXPECT_EQ(workers.size(), 3U);
  for (pid_t pid : workers) EXPECT_TRUE(test_support::is_gone(pid)) << pid;
}

// Behaviour 91: no policy brings them back.
TEST_P(ForceShutdown, WorkersAreNotReplaced) {
  {
    ProcessPoolExecutor pool({.max_workers = 2, .on_worker_death = muster::OnWorkerDeath::replace});
    const SharedGate started;
    const SharedGate never;
    auto running = pool.submit({.retries = 5}, [started, never] {
      started.open();
      never.wait();
    });
    started.wait();
    stop(pool);
    failure_of<BrokenProcessPool>(running);
  }
  EXPECT_TRUE(test_support::supervisors_of(::getpid()).empty());
}

}  // namespace
