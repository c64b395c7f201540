// submit: what can be given to it, through either pool and through Executor&.

#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using test_support::OpensAtExit;
using test_support::PoolOf;
using test_support::SharedCounter;
using test_support::SharedGate;

int product(int a, int b) { return a * b; }

struct Account {
  int balance = 0;
  int after(int change) const { return balance + change; }
};

struct Adder {
  int offset;
  int operator()(int x) const { return x + offset; }
};

template <class Kind>
class Submit : public testing::Test {};
TYPED_TEST_SUITE(Submit, test_support::PoolViews, test_support::PoolViewNames);

// Behaviour 37.
TYPED_TEST(Submit, RunsATaskAndGivesItsResult) {
  PoolOf<TypeParam> owner(2);
  auto future = owner.view().submit(&product, 2, 8);
  static_assert(std::is_same_v<decltype(future), muster::Future<int>>);
  EXPECT_EQ(future.result(), 16);
  EXPECT_TRUE(future.done());
  EXPECT_FALSE(future.running());
  EXPECT_FALSE(future.cancelled());
  auto nothing = owner.view().submit([] {});
  static_assert(std::is_same_v<decltype(nothing), muster::Future<void>>);
  nothing.result();
  EXPECT_EQ(nothing.exception(), nullptr);
}

// Behaviour 38.
TYPED_TEST(Submit, TakesEveryKindOfCallable) {
  PoolOf<TypeParam> owner(2);
  auto& pool = owner.view();
  EXPECT_EQ(pool.submit(product, 3, 4).result(), 12);
  EXPECT_EQ(pool.submit(&product, 3, 4).result(), 12);
  EXPECT_EQ(pool.submit([](int a, int b) { return a - b; }, 3, 4).result(), -1);
  EXPECT_EQ(pool.submit([](auto a, auto b) { return a - b; }, 3, 4).result(), -1);
  int offset = 5;
  EXPECT_EQ(pool.submit([offset](int x) { return x + offset; }, 3).result(), 8);
  EXPECT_EQ(pool.submit(Adder{7}, 3).result(), 10);
  EXPECT_EQ(pool.submit(&Account::after, Account{100}, -30).result(), 70);
  EXPECT_EQ(pool.submit(&Account::balance, Account{100}).result(), 100);
}

// Behaviour 38.
TYPED_TEST(Submit, TakesNoneOrManyArgumentsOfManyTypes) {
  PoolOf<TypeParam> owner(2);
  auto& pool = owner.view();
  EXPECT_EQ(pool.submit([] { return 1; }).result(), 1);
  EXPECT_EQ(pool.submit([](int a, long b, double c, char d, bool e, unsigned f, float g,
                           std::int8_t h) { return std::tuple(a, b, c, d, e, f, g, h); },
                        1, 2L, 3.0, '4', true, 6U, 7.0F, std::int8_t{8})
                .result(),
            std::tuple(1, 2L, 3.0, '4', true, 6U, 7.0F, std::int8_t{8}));
  EXPECT_EQ(pool.submit([](std::string a, const std::string& b) { return a + b; },
                        std::string("one "), "two")
                .result(),
            "one two");
  const std::vector<int> numbers = {1, 2, 3};
  EXPECT_EQ(
      pool.submit([](const std::vector<int>& v) { return std::accumulate(v.begin(), v.end(), 0); },
                  numbers)
          .result(),
      6);
  EXPECT_EQ(pool.submit([](std::map<std::string, std::optional<int>> m) { return m.at("b"); },
                        std::map<std::string, std::optional<int>>{{"a", {}}, {"b", 4}})
                .result(),
            4);
  const std::tuple<int, std::string> pair(1, "x");
  EXPECT_EQ(pool.submit([](std::tuple<int, std::string> t) { return t; }, pair).result(), pair);
}

// Behaviour 38.
TYPED_TEST(Submit, GivesViewsOfWhatWasSent) {
  PoolOf<TypeParam> owner(1);
  auto& pool = owner.view();
  std::vector<double> numbers(1000, 0.5);
  const auto sum = pool.submit(
      [](std::span<const double> view) { return std::accumulate(view.begin(), view.end(), 0.0); },
      numbers);
  EXPECT_EQ(sum.result(), 500.0);
  EXPECT_EQ(pool.submit([](std::string_view text) { return text.size(); }, "a literal").result(),
            9U);
}

// Behaviour 38.
TYPED_TEST(Submit, TakesArgumentsByValue) {
  SharedGate gate;
  PoolOf<TypeParam> owner(1);
  const OpensAtExit release(gate);
  std::string text = "as it was when submitted";
  auto future = owner.view().submit(
      [gate](const std::string& argument) {
        gate.wait();
        return argument;
      },
      text);
  text = "changed afterwards";
  gate.open();
  EXPECT_EQ(future.result(), "as it was when submitted");
}

// Behaviour 38.
TYPED_TEST(Submit, MovesArgumentsAndResultsThatCannotBeCopied) {
  PoolOf<TypeParam> owner(1);
  auto& pool = owner.view();
  auto future = pool.submit(
      [](std::unique_ptr<int> number) {
        *number += 1;
        return number;
      },
      std::make_unique<int>(41));
  static_assert(std::is_same_v<decltype(future), muster::Future<std::unique_ptr<int>>>);
  EXPECT_EQ(*future.result(), 42);
  const std::unique_ptr<int> moved_out = std::move(future).result();
  EXPECT_EQ(*moved_out, 42);
}

TYPED_TEST(Submit, TakesOptionsFirst) {
  PoolOf<TypeParam> owner(1);
  auto& pool = owner.view();
  EXPECT_EQ(pool.submit({.name = "a product"}, &product, 6, 7).result(), 42);
  EXPECT_EQ(pool.submit(muster::TaskOptions{}, &product, 6, 7).result(), 42);
}

// Wrong argument types do not compile: tests/compile_fail.

template <class Pool>
class Executors : public testing::Test {};
TYPED_TEST_SUITE(Executors, test_support::Pools, test_support::PoolNames);

// Behaviour 38: callables and arguments that only threads can take.
TEST(ThreadSubmit, TakesAnyCallableAndArgument) {
  auto pool = test_support::make_pool<muster::ThreadPoolExecutor>(1);
  int local = 0;
  pool.submit([&local] { local = 1; }).result();
  EXPECT_EQ(local, 1);
  pool.submit([](int* pointer) { *pointer = 2; }, &local).result();
  EXPECT_EQ(local, 2);
  pool.submit([](int& reference) { reference = 3; }, std::ref(local)).result();
  EXPECT_EQ(local, 3);
  const std::function<int()> function = [text = std::string("owned")] {
    return static_cast<int>(text.size());
  };
  EXPECT_EQ(pool.submit(function).result(), 5);
  auto owned = std::make_unique<int>(6);
  EXPECT_EQ(pool.submit([owned = std::move(owned)] { return *owned; }).result(), 6);
}

// Behaviour 56.
TYPED_TEST(Executors, RefuseANumberOfWorkersThatCannotBe) {
  for (const std::size_t workers : {static_cast<std::size_t>(-1), static_cast<std::size_t>(-17)}) {
    try {
      auto pool = test_support::make_pool<TypeParam>(workers);
      ADD_FAILURE() << "a pool of " << workers << " workers was made";
    } catch (const muster::InvalidArgumentError& error) {
      EXPECT_NE(std::string(error.what()).find("max_workers"), std::string::npos) << error.what();
    }
  }
}

// Behaviour 54.
TYPED_TEST(Executors, ShutDownAtOnceAfterMap) {
  for (int round = 0; round < 20; ++round) {
    auto pool = test_support::make_pool<TypeParam>(3);
    auto results = pool.map([](int x) { return x; }, std::vector<int>{1, 2, 3, 4});
    pool.shutdown();
    EXPECT_THROW(pool.submit(&product, 1, 1), muster::ShutdownError);
    int sum = 0;
    for (const int x : results) sum += x;
    EXPECT_EQ(sum, 10);
  }
}

// Behaviour 128.
TYPED_TEST(Executors, TakeTasksFromManyThreadsAtOnce) {
  constexpr std::size_t kThreads = 10;
  constexpr int kTasks = 100;
  auto pool = test_support::make_pool<TypeParam>(2);
  std::vector<int> wrong(kThreads, -1);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&pool, &bad = wrong[t], factor = static_cast<int>(t)] {
      std::vector<muster::Future<int>> futures;
      for (int i = 0; i < kTasks; ++i) futures.push_back(pool.submit(&product, factor, i));
      bad = 0;
      int expected = 0;
      for (const auto& future : futures) {
        bad += future.result() == expected ? 0 : 1;
        expected += factor;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(kThreads, 0));
}

// Behaviours 154 and 1c.2.
TYPED_TEST(Executors, RunAsManyTasksAsTheyHaveWorkersAndNoMore) {
  constexpr std::size_t kWorkers = 2;
  SharedGate gate;
  SharedCounter started;
  auto pool = test_support::make_pool<TypeParam>(kWorkers);
  const OpensAtExit release(gate);
  std::vector<muster::Future<std::size_t>> futures;
  for (std::size_t i = 0; i < 3 * kWorkers; ++i) {
    futures.push_back(pool.submit([=] {
      started.add();
      gate.wait();
      return muster::this_worker::index();
    }));
  }
  started.wait_at_least(kWorkers);
  std::size_t running = 0;
  for (const auto& future : futures) {
    running += future.running() ? 1 : 0;
    EXPECT_FALSE(future.done());
  }
  EXPECT_EQ(running, kWorkers);
  EXPECT_EQ(started.value(), static_cast<std::int64_t>(kWorkers));
  gate.open();
  for (const auto& future : futures) EXPECT_LT(future.result(), kWorkers);
}

// Behaviour 1c.2.
TYPED_TEST(Executors, CancelWhateverHasNotBegun) {
  SharedGate gate;
  SharedGate began;
  SharedCounter ran;
  auto pool = test_support::make_pool<TypeParam>(1);
  const OpensAtExit release(gate);
  auto running = pool.submit([=] {
    began.open();
    gate.wait();
  });
  std::vector<muster::Future<void>> queued;
  for (int i = 0; i < 20; ++i) queued.push_back(pool.submit([ran] { ran.add(); }));
  began.wait();
  EXPECT_TRUE(running.running());
  EXPECT_FALSE(running.cancel());
  for (auto& future : queued) {
    EXPECT_FALSE(future.running());
    EXPECT_TRUE(future.cancel());
    EXPECT_TRUE(future.done());
  }
  gate.open();
  pool.shutdown();
  EXPECT_EQ(ran.value(), 0);
}

// Behaviour 156: several executors at once.
TYPED_TEST(Executors, WorkBesideOneAnother) {
  auto first = test_support::make_pool<TypeParam>(1);
  auto second = test_support::make_pool<TypeParam>(2);
  muster::ThreadPoolExecutor third(test_support::pool_options<muster::ThreadPoolExecutor>(1));
  const std::vector<muster::Executor*> pools = {&first, &second, &third};
  std::vector<muster::Future<int>> futures;
  for (int i = 0; i < 30; ++i) {
    for (muster::Executor* pool : pools) futures.push_back(pool->submit(&product, i, 2));
  }
  for (std::size_t i = 0; i < futures.size(); ++i) {
    EXPECT_EQ(futures[i].result(), 2 * static_cast<int>(i / pools.size()));
  }
  first.shutdown();
  EXPECT_EQ(second.submit(&product, 3, 3).result(), 9);
}

}  // namespace
