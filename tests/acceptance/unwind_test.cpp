// What a pool's destructor does while an exception leaves the pool's scope.

#include <functional>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::OnUnwind;
using test_support::OpensAtExit;
using test_support::SharedCounter;
using test_support::SharedGate;

struct UserError : std::runtime_error {
  UserError() : std::runtime_error("thrown in the pool's scope") {}
};

template <class Pool>
class Unwind : public testing::Test {
 protected:
  // Makes a pool of one worker, lets `submit` fill it, and throws out of its scope.
  void throw_beside(OnUnwind on_unwind, const std::function<void(Pool&)>& submit) {
    try {
      auto options = test_support::pool_options<Pool>(1);
      options.on_unwind = on_unwind;
      Pool pool(options);
      submit(pool);
      const OpensAtExit release(opens_when_unwinding_);
      throw UserError();
    } catch (const UserError&) {
      unwound_ = true;
    }
  }

  SharedGate opens_when_unwinding_;
  bool unwound_ = false;
};
TYPED_TEST_SUITE(Unwind, test_support::Pools, test_support::PoolNames);

// Behaviour 1c.8.
TYPED_TEST(Unwind, WithWaitRunsAllThatIsQueued) {
  std::vector<muster::Future<int>> futures;
  const SharedGate gate = this->opens_when_unwinding_;
  this->throw_beside(OnUnwind::wait, [&](TypeParam& pool) {
    for (int i = 0; i < 5; ++i) {
      futures.push_back(pool.submit([gate, i] {
        gate.wait();
        return i;
      }));
    }
  });
  EXPECT_TRUE(this->unwound_);
  ASSERT_EQ(futures.size(), 5U);
  int expected = 0;
  for (const auto& future : futures) {
    EXPECT_TRUE(future.done());
    EXPECT_EQ(future.result(), expected++);
  }
}

// Behaviour 1c.8.
TYPED_TEST(Unwind, WithCancelRunsOnlyWhatHasBegun) {
  SharedGate began;
  SharedCounter cancelled;
  SharedCounter ran;
  muster::Future<int> running = muster::Promise<int>().future();
  std::vector<muster::Future<void>> queued;
  this->throw_beside(OnUnwind::cancel, [&](TypeParam& pool) {
    running = pool.submit([=] {
      began.open();
      cancelled.wait_at_least(4);
      return 1;
    });
    // The four that are cancelled let the running one end, for which the destructor waits.
    for (int i = 0; i < 4; ++i) {
      queued.push_back(pool.submit([ran] { ran.add(); }));
      queued.back().add_done_callback(
          [cancelled](const muster::Future<void>&) { cancelled.add(); });
    }
    began.wait();
  });
  EXPECT_TRUE(this->unwound_);
  EXPECT_TRUE(running.done());
  EXPECT_EQ(running.result(), 1);
  for (const auto& future : queued) EXPECT_TRUE(future.cancelled());
  EXPECT_EQ(ran.value(), 0);
}

// Behaviour 1c.8.
TYPED_TEST(Unwind, CancelsUnlessToldOtherwise) {
  EXPECT_EQ(typename test_support::OptionsOf<TypeParam>::type().on_unwind, OnUnwind::cancel);
}

// Behaviour 1c.8: without an exception on its way, the option means nothing.
TYPED_TEST(Unwind, DoesNotConcernAScopeThatEndsInOrder) {
  for (const OnUnwind on_unwind : {OnUnwind::wait, OnUnwind::cancel, OnUnwind::kill}) {
    std::vector<muster::Future<int>> futures;
    {
      auto options = test_support::pool_options<TypeParam>(1);
      options.on_unwind = on_unwind;
      TypeParam pool(options);
      for (int i = 0; i < 5; ++i) futures.push_back(pool.submit([i] { return i; }));
    }
    int expected = 0;
    for (const auto& future : futures) EXPECT_EQ(future.result(), expected++);
  }
}

// Makes a pool and lets it go in order, while an exception unwinds outside of its scope.
template <class Pool>
struct UsesAPoolWhenDestroyed {
  muster::Future<int>& last;
  ~UsesAPoolWhenDestroyed() {
    auto pool = test_support::make_pool<Pool>(1);
    for (int i = 0; i < 5; ++i) last = pool.submit([i] { return i; });
  }
};

// Behaviour 1c.8: only an exception thrown since the pool was made counts.
TYPED_TEST(Unwind, DoesNotConcernAPoolMadeWhileUnwinding) {
  muster::Future<int> last = muster::Promise<int>().future();
  try {
    const UsesAPoolWhenDestroyed<TypeParam> user{last};
    throw UserError();
  } catch (const UserError&) {
  }
  EXPECT_TRUE(last.done());
  EXPECT_EQ(last.result(), 4);
}

using ProcessUnwind = Unwind<muster::ProcessPoolExecutor>;

// Behaviour 1c.8.
TEST_F(ProcessUnwind, WithKillEndsWhatRuns) {
  SharedGate began;
  SharedGate never;
  muster::Future<int> running = muster::Promise<int>().future();
  muster::Future<int> queued = running;
  this->throw_beside(OnUnwind::kill, [&](muster::ProcessPoolExecutor& pool) {
    running = pool.submit([=] {
      began.open();
      never.wait();
      return 1;
    });
    queued = pool.submit([] { return 2; });
    began.wait();
  });
  EXPECT_TRUE(this->unwound_);
  EXPECT_TRUE(running.done());
  EXPECT_TRUE(queued.done());
  EXPECT_THROW(running.result(), muster::BrokenProcessPool);
}

}  // namespace
