// Callbacks that submit, to the pool whose task has just ended.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/captured_log.hpp"
#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using test_support::CapturedLog;
using test_support::OpensAtExit;
using test_support::SharedCounter;
using test_support::SharedGate;

int next(int x) { return x + 1; }

// A chain of tasks, each submitted by the callback of the one before.
template <class Pool>
class Chain {
 public:
  Chain(Pool& pool, int length) : pool_(pool), length_(length) {}

  void start() { submit(0); }
  // Waits for the end of the chain: the last value, or -1 if a submit threw.
  int last() const {
    ended_.wait();
    return last_;
  }

 private:
  void submit(int x) {
    pool_.submit(&next, x).add_done_callback([this](muster::Future<int> future) {
      last_ = future.result();
      if (last_ == length_) {
        ended_.open();
        return;
      }
      try {
        submit(last_);
      } catch (const muster::Error&) {
        last_ = -1;
        ended_.open();
      }
    });
  }

  Pool& pool_;
  int length_;
  int last_ = 0;  // written by the callback thread before ended_ opens
  SharedGate ended_;
};

template <class Pool>
class CallbackSubmit : public testing::Test {};
TYPED_TEST_SUITE(CallbackSubmit, test_support::Pools, test_support::PoolNames);

// Behaviour 129.
TYPED_TEST(CallbackSubmit, ChainsTasks) {
  auto pool = test_support::make_pool<TypeParam>(2);
  Chain<TypeParam> chains[] = {{pool, 100}, {pool, 50}, {pool, 60}};
  for (auto& chain : chains) chain.start();
  EXPECT_EQ(chains[0].last(), 100);
  EXPECT_EQ(chains[1].last(), 50);
  EXPECT_EQ(chains[2].last(), 60);
}

// Behaviour 129: a callback never waits for max_pending, behind which it would wait for itself.
TYPED_TEST(CallbackSubmit, IsExemptFromMaxPending) {
  SharedGate gate;
  SharedGate submitted;
  auto options = test_support::pool_options<TypeParam>(1);
  options.max_pending = 2;
  TypeParam pool(options);
  const OpensAtExit release(gate);
  std::vector<muster::Future<int>> more;
  auto first = pool.submit(&next, 0);
  first.result();
  auto busy = pool.submit([gate] { gate.wait(); });
  auto waiting = pool.submit(&next, 0);
  EXPECT_FALSE(pool.try_submit(&next, 0).has_value());
  // Cancelled, it makes room for one, and its callback submits three.
  waiting.add_done_callback([&](const muster::Future<int>&) {
    for (int i = 0; i < 3; ++i) more.push_back(pool.submit(&next, i));
    submitted.open();
  });
  EXPECT_TRUE(waiting.cancel());
  submitted.wait();
  gate.open();
  ASSERT_EQ(more.size(), 3U);
  int expected = 0;
  for (const auto& future : more) EXPECT_EQ(future.result(), ++expected);
}

// Behaviour 131.
TYPED_TEST(CallbackSubmit, ToAPoolThatIsShutDownThrowsInTheCallbackAndDisturbsNothing) {
  const CapturedLog log;
  SharedGate gate;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  auto first = pool.submit([gate] {
    gate.wait();
    return 1;
  });
  auto second = pool.submit(&next, 1);
  std::atomic<bool> refused = false;
  SharedGate called;
  first.add_done_callback([&](const muster::Future<int>&) {
    try {
      pool.submit(&next, 2);
    } catch (const muster::ShutdownError&) {
      refused = true;
      called.open();
      throw;  // and what leaves the callback is logged
    }
    called.open();
  });
  pool.shutdown({.wait = false});
  gate.open();
  called.wait();
  EXPECT_TRUE(refused);
  EXPECT_EQ(first.result(), 1);
  EXPECT_EQ(second.result(), 2);
  log.wait_for("callback");
}

// Behaviour 131: a callback that fails for every task leaves the pool as it was.
TYPED_TEST(CallbackSubmit, SurvivesCallbacksThatThrow) {
  const CapturedLog log;
  auto pool = test_support::make_pool<TypeParam>(2);
  for (int i = 0; i < 20; ++i) {
    auto future = pool.submit(&next, i);
    future.add_done_callback([i](const muster::Future<int>&) {
      if (i % 2 == 0) throw std::string("not an exception");
      throw std::runtime_error("a broken callback");
    });
    EXPECT_EQ(future.result(), i + 1);
  }
  EXPECT_EQ(pool.submit(&next, 42).result(), 43);
}

}  // namespace
