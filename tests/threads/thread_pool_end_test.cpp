// The ways in which a thread pool ends, and what it is when it has.

#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/error.hpp>
#include <muster/this_task.hpp>
#include <muster/thread_pool.hpp>

#include "support/captured_log.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::ThreadPoolExecutor;
using muster::ThreadPoolOptions;
using test_support::OpensAtExit;
using test_support::SharedGate;

TEST(ThreadPoolEnd, MayComeFromACallback) {
  SharedGate added;
  SharedGate ended;
  auto pool = std::make_unique<ThreadPoolExecutor>(ThreadPoolOptions{.max_workers = 1});
  auto future = pool->submit([added] { added.wait(); });
  std::atomic<int> after{0};
  future.add_done_callback([&](muster::Future<void>) { pool.reset(); });
  // Callbacks that were waiting when the pool went still run.
  future.add_done_callback([&](muster::Future<void>) {
    ++after;
    ended.open();
  });
  added.open();
  ended.wait();
  EXPECT_EQ(pool, nullptr);
  EXPECT_EQ(after, 1);
}

TEST(ThreadPoolEnd, MayComeFromATask) {
  SharedGate gone;
  std::atomic<int> ran{0};
  {
    auto pool = std::make_shared<ThreadPoolExecutor>(ThreadPoolOptions{.max_workers = 2});
    SharedGate handed_over;
    std::vector<muster::Future<void>> futures;
    futures.push_back(pool->submit([pool, handed_over, gone]() mutable {
      handed_over.wait();
      pool.reset();  // the last owner
      gone.open();
    }));
    for (int i = 0; i < 10; ++i) futures.push_back(pool->submit([&ran] { ++ran; }));
    pool.reset();
    handed_over.open();
    gone.wait();
    for (auto& future : futures) future.result();
  }
  EXPECT_EQ(ran, 10);
}

TEST(ThreadPoolEnd, LeavesFuturesThatCanBeUsed) {
  std::optional<muster::Future<int>> future;
  {
    ThreadPoolExecutor pool({.max_workers = 1});
    future = pool.submit([] { return 5; });
  }
  EXPECT_TRUE(future->done());
  EXPECT_FALSE(future->cancel());
  EXPECT_EQ(future->result(), 5);
  int seen = 0;
  future->add_done_callback([&seen](muster::Future<int> f) { seen = f.result(); });
  EXPECT_EQ(seen, 5);
}

TEST(ThreadPool, CannotBeUsedByItsOwnTasks) {
  ThreadPoolExecutor pool({.max_workers = 1});
  auto refused = pool.submit([&pool] {
    EXPECT_THROW(pool.submit([] {}), muster::InvalidStateError);
    EXPECT_THROW(static_cast<void>(pool.map([](int x) { return x; }, std::vector<int>{1})),
                 muster::InvalidStateError);
    EXPECT_THROW(pool.shutdown(), muster::InvalidStateError);
    ThreadPoolExecutor inner({.max_workers = 1});
    return inner.submit([] { return 3; }).result();
  });
  EXPECT_EQ(refused.result(), 3);
}

TEST(ThreadPool, CanBeMoved) {
  ThreadPoolExecutor first({.max_workers = 1, .name = "first"});
  ThreadPoolExecutor second(std::move(first));
  EXPECT_EQ(second.name(), "first");
  EXPECT_EQ(second.submit([] { return 1; }).result(), 1);
  EXPECT_THROW(first.submit([] {}), muster::InvalidStateError);
  EXPECT_THROW(static_cast<void>(first.stats()), muster::InvalidStateError);
  first = std::move(second);
  EXPECT_EQ(first.submit([] { return 2; }).result(), 2);
  first = ThreadPoolExecutor({.max_workers = 1, .name = "other"});
  EXPECT_EQ(first.name(), "other");
}

TEST(ThreadPool, StartsNoMoreThreadsThanItNeeds) {
  ThreadPoolExecutor pool({.max_workers = 8});
  EXPECT_EQ(pool.stats().workers.size(), 0U);
  for (int i = 0; i < 100; ++i) pool.submit([] {}).result();
  EXPECT_EQ(pool.stats().workers.size(), 1U);
}

// Every task of these waits for the other: both must run at once.
TEST(ThreadPool, RunsTasksSideBySideThatNeedEachOther) {
  ThreadPoolExecutor pool({.max_workers = 2});
  for (int round = 0; round < 500; ++round) {
    SharedGate first;
    SharedGate second;
    auto a = pool.submit([=] {
      first.open();
      second.wait();
    });
    auto b = pool.submit([=] {
      second.open();
      first.wait();
    });
    a.result();
    b.result();
  }
}

TEST(ThreadPool, TellsWhatItDoes) {
  SharedGate gate;
  SharedGate began;
  ThreadPoolExecutor pool({.max_workers = 1, .name = "counted"});
  const OpensAtExit release(gate);
  pool.submit([] {}).result();
  EXPECT_THROW(pool.submit([] { throw std::domain_error("fails"); }).result(), std::domain_error);
  auto running = pool.submit({.name = "the long one"}, [=] {
    muster::this_task::set_progress(3, 7);
    began.open();
    gate.wait();
  });
  began.wait();
  auto queued = pool.submit([] {});
  auto cancelled = pool.submit([] {});
  EXPECT_TRUE(cancelled.cancel());
  const muster::PoolStats stats = pool.stats();
  EXPECT_EQ(stats.finished, 1U);
  EXPECT_EQ(stats.failed, 1U);
  EXPECT_EQ(stats.running, 1U);
  EXPECT_EQ(stats.queued, 1U);
  EXPECT_EQ(stats.cancelled, 1U);
  EXPECT_EQ(stats.submitted, 5U);
  ASSERT_EQ(stats.workers.size(), 1U);
  const muster::WorkerStats& worker = stats.workers[0];
  EXPECT_EQ(worker.state, muster::WorkerState::running);
  EXPECT_EQ(worker.task_name, "the long one");
  EXPECT_NE(worker.task_id, 0U);
  EXPECT_GT(worker.running_for.nanoseconds(), 0);
  EXPECT_EQ(worker.progress_done, 3U);
  EXPECT_EQ(worker.progress_total, 7U);
  EXPECT_EQ(worker.tasks_done, 2U);
  EXPECT_EQ(worker.pid, ::getpid());
}

TEST(ThreadPool, RefusesOptionsThatItHasNot) {
  ThreadPoolExecutor pool({.max_workers = 1});
  EXPECT_THROW(pool.submit({.task_timeout = std::chrono::seconds(1)}, [] {}),
               muster::InvalidArgumentError);
  EXPECT_THROW(pool.submit({.retries = 1}, [] {}), muster::InvalidArgumentError);
}

TEST(ThreadPool, WaitsForAPlaceWhereThereIsALimit) {
  SharedGate gate;
  ThreadPoolExecutor pool({.max_workers = 1, .max_pending = 2});
  const OpensAtExit release(gate);
  auto first = pool.submit([gate] { gate.wait(); });
  auto second = pool.submit([] {});
  EXPECT_FALSE(pool.try_submit([] {}).has_value());
  EXPECT_TRUE(second.cancel());  // gives its place
  auto third = pool.try_submit([] {});
  ASSERT_TRUE(third.has_value());
  std::thread blocked([&] { pool.submit([] {}).result(); });
  std::thread shut_out([&] {
    std::vector<muster::Future<void>> futures;
    try {
      for (;;) futures.push_back(pool.submit([] {}));
    } catch (const muster::ShutdownError&) {
      return;
    }
  });
  gate.open();
  blocked.join();
  pool.shutdown();
  shut_out.join();
}

TEST(ThreadPool, WhoseInitializerThrowsFailsAllItsTasks) {
  const test_support::CapturedLog log;
  SharedGate gate;
  const OpensAtExit release(gate);
  ThreadPoolExecutor pool({.max_workers = 1, .initializer = [gate] {
                             gate.wait();
                             throw std::domain_error("no good");
                           }});
  std::vector<muster::Future<void>> futures;
  for (int i = 0; i < 3; ++i) futures.push_back(pool.submit([] {}));
  EXPECT_TRUE(futures[1].cancel());
  gate.open();
  EXPECT_THROW(futures[0].result(), muster::BrokenThreadPool);
  EXPECT_THROW(futures[1].result(), muster::CancelledError);
  try {
    futures[2].result();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const muster::BrokenThreadPool& error) {
    EXPECT_NE(std::string(error.what()).find("no good"), std::string::npos) << error.what();
  }
  EXPECT_NE(futures[0].exception(), futures[2].exception());
  EXPECT_THROW(pool.submit([] {}), muster::BrokenThreadPool);
  pool.shutdown();
  EXPECT_THROW(pool.submit([] {}), muster::BrokenThreadPool);
  EXPECT_EQ(log.count("no good"), 1U);
}

}  // namespace
