// More tasks than fit: submit() without a limit never waits, with max_pending it does.

#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"

namespace {

using muster::Future;
using muster::ProcessPoolExecutor;
using test_support::SharedCounter;
using test_support::SharedGate;

// Behaviour 107: while the workers are slow to start.
TEST(QueueFull, SubmitDoesNotWaitForSlowWorkers) {
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .initializer = [gate] { gate.wait(); }});
  const test_support::OpensAtExit open(gate);
  std::vector<Future<int>> all;
  for (int i = 0; i < 100; ++i) all.push_back(pool.submit([i] { return i; }));
  gate.open();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)].result(), i);
}

// Behaviours 107 and 134: far more than there are slots.
TEST(QueueFull, SubmitDoesNotWaitForABusyWorker) {
  constexpr std::size_t kTasks = 200'000;
  ProcessPoolExecutor pool({.max_workers = 1});
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  auto blocker = pool.submit([gate] { gate.wait(); });
  std::vector<Future<std::size_t>> all;
  for (std::size_t i = 0; i < kTasks; ++i) all.push_back(pool.submit([i] { return i; }));
  EXPECT_FALSE(blocker.done());
  gate.open();
  for (std::size_t i = 0; i < kTasks; ++i) ASSERT_EQ(all[i].result(), i);
}

// Behaviour 134: results that nobody collects, larger than what is kept for them.
TEST(QueueFull, UncollectedResultsAreNoDeadlock) {
  constexpr int kTasks = 3000;
  ProcessPoolExecutor pool({.max_workers = 2});
  std::vector<Future<std::vector<char>>> all;
  for (int i = 0; i < kTasks; ++i) {
    all.push_back(pool.submit([i] { return std::vector<char>(100'000, static_cast<char>(i)); }));
  }
  pool.shutdown();
  for (int i = 0; i < kTasks; ++i) {
    const auto bytes = std::move(all[static_cast<std::size_t>(i)]).result();
    ASSERT_EQ(bytes.size(), 100'000U);
    ASSERT_EQ(bytes.back(), static_cast<char>(i));
  }
}

// Behaviour 134: arguments too.
TEST(QueueFull, LargeArgumentsThatWaitAreNoDeadlock) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  auto blocker = pool.submit([gate] { gate.wait(); });
  const std::vector<char> argument(1'000'000, 'x');
  std::vector<Future<std::size_t>> all;
  for (int i = 0; i < 200; ++i) {
    all.push_back(
        pool.submit([](const std::vector<char>& bytes) { return bytes.size(); }, argument));
  }
  gate.open();
  for (auto& future : all) EXPECT_EQ(future.result(), argument.size());
}

template <class Pool>
class MaxPending : public testing::Test {
 protected:
  MaxPending() : pool_(options()) {}

  static auto options() {
    auto options = test_support::pool_options<Pool>(1);
    options.max_pending = 2;
    return options;
  }
  // Makes the pool full: one task that runs until the gate opens, one behind it.
  void fill() {
    running_ = pool_.submit([started = started_, gate = gate_] {
      started.open();
      gate.wait();
    });
    started_.wait();
    pending_ = pool_.submit([] {});
  }

  SharedGate started_;
  SharedGate gate_;
  Pool pool_;
  test_support::OpensAtExit open_{gate_};
  std::optional<Future<void>> running_;
  std::optional<Future<void>> pending_;
};

TYPED_TEST_SUITE(MaxPending, test_support::Pools, test_support::PoolNames);

TYPED_TEST(MaxPending, TrySubmitIsEmptyWhereSubmitWouldWait) {
  EXPECT_TRUE(this->pool_.try_submit([] { return 1; }).value().result() == 1);
  this->fill();
  EXPECT_FALSE(this->pool_.try_submit([] { return 1; }).has_value());
  EXPECT_FALSE(this->pool_.try_submit({.name = "named"}, [] { return 1; }).has_value());
  this->gate_.open();
  this->pending_->result();
  EXPECT_EQ(this->pool_.try_submit([] { return 2; }).value().result(), 2);
}

TYPED_TEST(MaxPending, SubmitWaitsUntilOneIsFinished) {
  this->fill();
  const SharedGate entered;
  std::atomic<bool> may_finish{false};
  std::thread submitter([this, entered, &may_finish] {
    entered.open();
    auto third = this->pool_.submit([] { return 3; });
    // The room is there a moment before the future says that the task is done.
    EXPECT_TRUE(may_finish.load());
    this->running_->result();
    EXPECT_EQ(third.result(), 3);
  });
  entered.wait();
  may_finish = true;
  this->gate_.open();
  submitter.join();
}

TYPED_TEST(MaxPending, CancellingOneMakesRoom) {
  this->fill();
  EXPECT_TRUE(this->pending_->cancel());
  auto next = this->pool_.submit([] { return 4; });
  this->gate_.open();
  EXPECT_EQ(next.result(), 4);
}

TYPED_TEST(MaxPending, NeverHasMoreUnfinished) {
  const SharedCounter submitted;
  const SharedCounter ended;
  std::vector<std::thread> submitters;
  for (int t = 0; t < 4; ++t) {
    submitters.emplace_back([this, submitted, ended] {
      for (int i = 0; i < 50; ++i) {
        this->pool_.submit([ended] { ended.add(); });
        // What submit() let through, less what has ended since, is no more than the limit.
        EXPECT_LE(submitted.add() - ended.value(), 2);
      }
    });
  }
  for (auto& submitter : submitters) submitter.join();
  this->pool_.shutdown();
  EXPECT_EQ(ended.value(), 200);
}

TYPED_TEST(MaxPending, ShutdownWakesASubmitThatWaits) {
  this->fill();
  const SharedGate entered;
  std::thread submitter([this, entered] {
    entered.open();
    EXPECT_THROW(this->pool_.submit([] { return 3; }), muster::ShutdownError);
  });
  entered.wait();
  this->pool_.shutdown({.wait = false});
  submitter.join();
}

// A pool that breaks wakes it too.
TEST(MaxPendingProcesses, DeathWakesASubmitThatWaits) {
  ProcessPoolExecutor pool({.max_workers = 1, .max_pending = 1});
  const SharedGate gate;
  auto running = pool.submit([gate] {
    gate.wait();
    test_support::end_worker(test_support::End::killed);
  });
  gate.open();
  test_support::as<muster::BrokenProcessPool>(test_support::error_of_task(pool, [] { return 1; }));
}

}  // namespace
