// CancelMode::kill, and cancelling what is large.

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using muster::CancelledError;
using muster::CancelMode;
using muster::Future;
using muster::ProcessPoolExecutor;
using test_support::SharedCounter;
using test_support::SharedGate;

// Behaviour 146.
TEST(CancelKill, StopsARunningTaskAndReplacesItsWorker) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const pid_t first = pool.worker_pids().at(0);
  const SharedGate started;
  const SharedGate never;
  const SharedGate finished;
  auto running = pool.submit([started, never, finished] {
    started.open();
    never.wait();
    finished.open();
  });
  auto next = pool.submit([] { return ::getpid(); });
  started.wait();
  EXPECT_TRUE(running.cancel(CancelMode::kill));
  EXPECT_TRUE(running.cancelled());
  EXPECT_TRUE(running.done());
  EXPECT_FALSE(running.running());
  EXPECT_THROW(running.result(), CancelledError);
  EXPECT_NE(next.result(), first);
  test_support::wait_for_end(first);
  EXPECT_FALSE(finished.is_open());
}

// Behaviour 146: a waiter is woken, a callback called.
TEST(CancelKill, WakesTheCallback) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const SharedGate started;
  const SharedGate never;
  const SharedGate called;
  auto running = pool.submit([started, never] {
    started.open();
    never.wait();
  });
  running.add_done_callback([called](Future<void> future) {
    if (future.cancelled()) called.open();
  });
  started.wait();
  EXPECT_TRUE(running.cancel(CancelMode::kill));
  called.wait();
}

// Behaviour 146: without it a running task goes on.
TEST(CancelKill, PlainCancelLeavesARunningTaskAlone) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const SharedGate started;
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  auto running = pool.submit([started, gate] {
    started.open();
    gate.wait();
    return 5;
  });
  started.wait();
  EXPECT_FALSE(running.cancel());
  EXPECT_TRUE(running.running());
  gate.open();
  EXPECT_EQ(running.result(), 5);
  EXPECT_FALSE(running.cancel(CancelMode::kill));
}

// Behaviour 146: what has not started needs no killing.
TEST(CancelKill, PendingTaskIsCancelledWithoutADeath) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const pid_t worker = pool.worker_pids().at(0);
  const SharedGate started;
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  auto running = pool.submit([started, gate] {
    started.open();
    gate.wait();
    return ::getpid();
  });
  auto pending = pool.submit([] { return 1; });
  started.wait();
  EXPECT_TRUE(pending.cancel(CancelMode::kill));
  gate.open();
  EXPECT_EQ(running.result(), worker);
  EXPECT_THROW(pending.result(), CancelledError);
}

// Behaviour 147: a worker that ignores SIGTERM goes by SIGKILL.
TEST(CancelKill, WorkerThatIgnoresSigtermIsKilledAfterTheGrace) {
  ProcessPoolExecutor pool({.max_workers = 1, .kill_grace = 20ms});
  const SharedGate started;
  const SharedGate never;
  auto running = pool.submit([started, never] {
    std::signal(SIGTERM, SIG_IGN);
    started.open();
    never.wait();
  });
  started.wait();
  EXPECT_TRUE(running.cancel(CancelMode::kill));
  EXPECT_EQ(pool.submit([] { return 1; }).result(), 1);
}

// Behaviour 146: whenever it comes, it stops that task or none, never the next one.
TEST(CancelKill, MeansTheSuccessorOfAWorkerThatHasJustDied) {
  ProcessPoolExecutor pool({.max_workers = 1,
                            .on_worker_death = muster::OnWorkerDeath::replace,
                            .restart_intensity = {.deaths = 0}});
  const SharedGate never;
  for (int round = 0; round < 40; ++round) {
    auto dies = pool.submit([] { ::_exit(3); });
    auto victim = pool.submit([never] { never.wait(); });
    while (!victim.running()) {
    }
    EXPECT_TRUE(victim.cancel(CancelMode::kill));
    EXPECT_THROW(victim.result(), CancelledError);
    EXPECT_THROW(dies.result(), muster::WorkerDiedError);
  }
  EXPECT_EQ(pool.submit([] { return 7; }).result(), 7);
}

TEST(CancelKill, NeverHitsTheNextTask) {
  ProcessPoolExecutor pool({.max_workers = 1});
  int cancelled = 0;
  for (int round = 0; round < 60; ++round) {
    const SharedCounter begun;
    auto victim = pool.submit([begun] { return begun.add(); });
    auto next = pool.submit([round] { return round; });
    // Earlier or later from round to round: before the start, within, or after the end.
    for (int spin = 0; spin < round * 200 && begun.value() == 0; ++spin) {
    }
    const bool stopped = victim.cancel(CancelMode::kill);
    EXPECT_EQ(victim.cancelled(), stopped);
    if (stopped) {
      EXPECT_THROW(victim.result(), CancelledError);
      ++cancelled;
    } else {
      EXPECT_EQ(victim.result(), 1);
    }
    EXPECT_EQ(next.result(), round);
  }
  RecordProperty("cancelled", cancelled);
}

void spin_for(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

// Behaviour 146: asked while the task is about to end, when the next one may have begun.
TEST(CancelKill, AtAnyInstantOfAShortTaskSparesTheNext) {
  ProcessPoolExecutor pool({.max_workers = 1});
  for (int round = 0; round < 200; ++round) {
    const SharedCounter begun;
    const SharedCounter both;
    auto victim = pool.submit([begun, both] {
      begun.add();
      while (both.value() == 0) {
      }
      spin_for(10us);
    });
    auto next = pool.submit([round] {
      spin_for(200us);
      return round;
    });
    while (begun.value() == 0 && !victim.done()) {
    }
    both.add();
    spin_for(std::chrono::microseconds(round % 12));
    victim.cancel(CancelMode::kill);
    EXPECT_EQ(next.result(), round);
  }
}

// Behaviour 146: the signal is on its way when the task ends.
TEST(CancelKill, WorkerThatEndsItsTaskMeanwhileBeginsNoOther) {
  ProcessPoolExecutor pool({.max_workers = 1, .kill_grace = 200ms});
  const SharedGate started;
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  auto victim = pool.submit([started, gate] {
    ::signal(SIGTERM, SIG_IGN);
    started.open();
    gate.wait();
  });
  auto next = pool.submit([] { return ::getpid(); });
  const pid_t worker = pool.worker_pids().at(0);
  started.wait();
  EXPECT_TRUE(victim.cancel(CancelMode::kill));
  gate.open();
  EXPECT_NE(next.result(), worker) << "a worker that is to be killed has begun another task";
}

// Behaviour 149.
TEST(CancelKill, CancellingLargeArgumentsLeavesThePoolAlive) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const SharedGate started;
  const SharedGate never;
  const std::vector<char> large(100'000'000, 'x');
  const auto size_of = [](const std::vector<char>& bytes) { return bytes.size(); };
  auto running = pool.submit([started, never] {
    started.open();
    never.wait();
  });
  std::vector<Future<std::size_t>> all;
  for (int i = 0; i < 4; ++i) all.push_back(pool.submit(size_of, large));
  started.wait();
  for (auto& future : all) EXPECT_TRUE(future.cancel());
  EXPECT_TRUE(running.cancel(CancelMode::kill));
  for (auto& future : all) EXPECT_THROW(future.result(), CancelledError);
  EXPECT_EQ(pool.submit(size_of, large).result(), large.size());
}

// Behaviour 149: a shutdown that cancels finds them cancelled.
TEST(CancelKill, ShutdownAfterCancellingLargeArgumentsEnds) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const std::vector<char> large(50'000'000, 'x');
  std::vector<Future<std::size_t>> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(pool.submit([](const std::vector<char>& bytes) { return bytes.size(); }, large));
  }
  for (auto& future : all) future.cancel(CancelMode::kill);
  pool.shutdown({.cancel_futures = true});
  for (auto& future : all) {
    EXPECT_TRUE(future.done());
    if (!future.cancelled()) {
      EXPECT_EQ(future.result(), large.size());
    }
  }
}

}  // namespace
