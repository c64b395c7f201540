// A process pool in ordinary use.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/counted.hpp"
#include "support/failure.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::Future;
using muster::InvalidArgumentError;
using muster::ProcessPoolExecutor;
using test_support::failure_of;
using test_support::SharedGate;
using test_support::SharedLog;

int square(int n) { return n * n; }

// Behaviour 69.
TEST(ProcessPool, MapWithAnyChunksizeEqualsTheSerialMap) {
  std::vector<int> items(40);
  std::iota(items.begin(), items.end(), 0);
  std::vector<int> expected(items);
  for (int& n : expected) n = square(n);
  ProcessPoolExecutor pool({.max_workers = 2});
  for (std::size_t chunksize : {1U, 6U, 50U, 40U, 0U}) {
    std::vector<int> values;
    for (int n : pool.map({.chunksize = chunksize}, square, items)) values.push_back(n);
    EXPECT_EQ(values, expected) << "chunksize " << chunksize;
  }
}

// Behaviour 69: what was meant as a negative number.
TEST(ProcessPool, MapRefusesAChunksizeThatMakesNoSense) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const std::vector<int> items{1, 2, 3};
  const auto minus_one = static_cast<std::size_t>(-1);
  EXPECT_THROW(static_cast<void>(pool.map({.chunksize = minus_one}, square, items)),
               InvalidArgumentError);
  EXPECT_THROW(static_cast<void>(pool.map({.buffersize = minus_one}, square, items)),
               InvalidArgumentError);
  EXPECT_EQ(pool.submit(square, 3).result(), 9);
}

// Behaviour 70.
TEST(ProcessPool, ExceptionKeepsItsTypeAndWhatItTells) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto error = pool.submit(
      []() -> int { throw std::system_error(std::make_error_code(std::errc::io_error), "disk"); });
  EXPECT_EQ(failure_of<std::system_error>(error).code(), std::errc::io_error);
  EXPECT_NE(std::string(failure_of<std::system_error>(error).what()).find("disk"),
            std::string::npos);
  auto number = pool.submit([]() -> int { throw 42; });
  EXPECT_EQ(failure_of<muster::RemoteError>(number).type_name(), "int");
}

// Behaviour 72.
TEST(ProcessPool, ArgumentIsDestroyedInTheWorkerRightAfterTheTask) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const test_support::SharedCounter alive;
  auto future = pool.submit([](const test_support::Counted& it) { return it.alive().value(); },
                            test_support::Counted(alive));
  EXPECT_GE(future.result(), 1);
  alive.wait_at_most(0);  // and not at the worker's end, or at the next task
}

// Behaviour 73.
TEST(ProcessPool, MoreTasksThanWorkersUseNoMoreProcesses) {
  constexpr std::size_t kWorkers = 3;
  ProcessPoolExecutor pool({.max_workers = kWorkers});
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  const SharedLog started;
  std::vector<Future<pid_t>> all;
  for (std::size_t i = 0; i < 15 * kWorkers; ++i) {
    all.push_back(pool.submit([started, gate] {
      started.add(::getpid());
      gate.wait();
      return ::getpid();
    }));
  }
  started.wait_for_size(kWorkers);
  EXPECT_EQ(pool.worker_pids().size(), kWorkers);
  EXPECT_EQ(started.size(), kWorkers);
  gate.open();
  std::set<pid_t> pids;
  for (auto& future : all) pids.insert(future.result());
  const auto workers = pool.worker_pids();
  EXPECT_EQ(pids, (std::set<pid_t>(workers.begin(), workers.end())));
}

// A task knows its worker, whom the pool knows too.
// More than fit into what a worker tells the client at once.
TEST(ProcessPool, CallsTheCallbackOfEachOfManyTinyTasks) {
  constexpr int kTasks = 20'000;
  ProcessPoolExecutor pool({.max_workers = 2});
  std::atomic<int> called{0};
  std::vector<muster::Future<int>> futures;
  const test_support::SharedGate go;
  for (int i = 0; i < 2; ++i) pool.submit([go] { go.wait(); });
  for (int i = 0; i < kTasks; ++i) {
    futures.push_back(pool.submit([](int n) { return n; }, i));
    futures.back().add_done_callback([&](const muster::Future<int>&) {
      called.fetch_add(1);
      called.notify_one();
    });
  }
  go.open();
  // Nobody asks for a result: the callbacks come by themselves.
  for (int now = 0; now != kTasks; now = called.load()) called.wait(now);
  EXPECT_EQ(futures.back().result(), kTasks - 1);
}

TEST(ProcessPool, TaskKnowsItsWorker) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const auto workers = pool.worker_pids();
  for (int i = 0; i < 10; ++i) {
    EXPECT_LT(pool.submit([] { return muster::this_worker::index(); }).result(), 2U);
    const pid_t pid = pool.submit([] { return muster::this_worker::pid(); }).result();
    EXPECT_EQ(std::count(workers.begin(), workers.end(), pid), 1);
  }
  EXPECT_EQ(pool.submit([] { return muster::this_worker::pid() == ::getpid(); }).result(), true);
}

// Only inside a task.
TEST(ProcessPool, OutsideATaskThereIsNoWorkerToKnow) {
  EXPECT_THROW(muster::this_worker::index(), muster::InvalidStateError);
  EXPECT_THROW(muster::this_worker::pid(), muster::InvalidStateError);
}

TEST(ProcessPool, NameIsAsGivenOrNumbered) {
  const ProcessPoolExecutor named({.max_workers = 1, .name = "thumbnails"});
  EXPECT_EQ(named.name(), "thumbnails");
  const ProcessPoolExecutor unnamed({.max_workers = 1});
  EXPECT_TRUE(unnamed.name().starts_with("pool-")) << unnamed.name();
  ProcessPoolExecutor by_default({});
  EXPECT_NE(by_default.name(), unnamed.name());
}

// Moving a pool moves its tasks and futures along.
TEST(ProcessPool, IsMovable) {
  ProcessPoolExecutor first({.max_workers = 1});
  const SharedGate gate;
  auto before = first.submit([gate] {
    gate.wait();
    return 1;
  });
  ProcessPoolExecutor second(std::move(first));
  gate.open();
  EXPECT_EQ(second.submit([] { return 2; }).result(), 2);
  EXPECT_EQ(before.result(), 1);
}

// A running task can be asked to stop.
TEST(ProcessPool, RequestStopReachesTheTask) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const SharedGate started;
  auto future = pool.submit([started] {
    started.open();
    std::uint64_t looks = 0;
    while (!muster::this_task::stop_requested()) muster::this_task::set_progress(++looks, 0);
    return true;
  });
  started.wait();
  future.request_stop();
  EXPECT_TRUE(future.result());
}

}  // namespace
