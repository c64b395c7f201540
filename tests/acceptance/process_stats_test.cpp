// stats() of a process pool.

#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"
#include "support/writable_memory.hpp"

namespace {

using muster::Future;
using muster::ProcessPoolExecutor;
using muster::WorkerState;
using test_support::SharedGate;

TEST(Stats, CountWhatBecameOfTasks) {
  ProcessPoolExecutor pool({.max_workers = 1});
  for (int i = 0; i < 5; ++i) pool.submit([] {}).result();
  for (int i = 0; i < 3; ++i) {
    pool.submit([] { throw std::runtime_error("no"); }).exception();
  }
  const SharedGate started;
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  auto running = pool.submit({.name = "the long one"}, [started, gate] {
    muster::this_task::set_progress(3, 10);
    started.open();
    gate.wait();
  });
  auto cancelled = pool.submit([] {});
  auto queued = pool.submit([] {});
  started.wait();
  EXPECT_TRUE(cancelled.cancel());

  const auto stats = pool.stats();
  EXPECT_EQ(stats.submitted, 11U);
  EXPECT_EQ(stats.finished, 5U);
  EXPECT_EQ(stats.failed, 3U);
  EXPECT_EQ(stats.cancelled, 1U);
  EXPECT_EQ(stats.running, 1U);
  EXPECT_EQ(stats.queued, 1U);
  EXPECT_EQ(stats.deaths, 0U);
  EXPECT_EQ(stats.restarts, 0U);
  EXPECT_EQ(stats.rescued_wakeups, 0U);
  EXPECT_GT(stats.shared_memory_bytes, 0U);
  ASSERT_EQ(stats.workers.size(), 1U);
  const auto& worker = stats.workers.at(0);
  EXPECT_EQ(worker.index, 0U);
  EXPECT_EQ(worker.pid, pool.worker_pids().at(0));
  EXPECT_EQ(worker.state, WorkerState::running);
  EXPECT_EQ(worker.task_name, "the long one");
  EXPECT_EQ(worker.progress_done, 3U);
  EXPECT_EQ(worker.progress_total, 10U);
  EXPECT_EQ(worker.tasks_done, 8U);
}

TEST(Stats, CountDeathsAndRestarts) {
  ProcessPoolExecutor pool({.max_workers = 1,
                            .on_worker_death = muster::OnWorkerDeath::replace,
                            .restart_intensity = {.deaths = 0}});
  for (int i = 0; i < 3; ++i) {
    auto deadly = pool.submit(test_support::end_worker, test_support::End::killed);
    test_support::failure_of<muster::WorkerDiedError>(deadly);
  }
  EXPECT_EQ(pool.submit([] { return 1; }).result(), 1);
  const auto stats = pool.stats();
  EXPECT_EQ(stats.deaths, 3U);
  EXPECT_EQ(stats.restarts, 3U);
  EXPECT_EQ(stats.failed, 3U);
  EXPECT_EQ(stats.finished, 1U);
  EXPECT_EQ(stats.workers.at(0).deaths, 3U);
}

// What a snapshot says adds up once nothing moves any more.
TEST(Stats, AddUpWhenAllIsDone) {
  ProcessPoolExecutor pool({.max_workers = 3});
  std::vector<Future<int>> all;
  for (int i = 0; i < 5000; ++i) all.push_back(pool.submit([i] { return i; }));
  for (const auto& future : all) future.result();
  const auto stats = pool.stats();
  EXPECT_EQ(stats.submitted, 5000U);
  EXPECT_EQ(stats.finished, 5000U);
  EXPECT_EQ(stats.queued, 0U);
  EXPECT_EQ(stats.rescued_wakeups, 0U);
}

// Nobody finds out by the bound of its sleep that the pool ends.
TEST(Stats, CountNoWorkerThatSleptOnWhenThePoolWasShutDown) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const auto control = test_support::WritableMemory::of_this_worker().control;
  for (std::uint32_t worker = 0; worker < 2; ++worker) {
    while (control.park()[worker].state.load() != muster::detail::kParked) ::usleep(100);
  }
  pool.shutdown();
  EXPECT_EQ(pool.stats().rescued_wakeups, 0U);
}

TEST(Stats, MayBeAskedOfABrokenPoolAndAfterShutdown) {
  ProcessPoolExecutor broken({.max_workers = 1});
  broken.submit(test_support::end_worker, test_support::End::killed).exception();
  EXPECT_EQ(broken.stats().failed, 1U);
  EXPECT_EQ(broken.stats().deaths, 1U);
  ProcessPoolExecutor pool({.max_workers = 1});
  pool.submit([] {}).result();
  pool.shutdown();
  EXPECT_EQ(pool.stats().finished, 1U);
}

}  // namespace
