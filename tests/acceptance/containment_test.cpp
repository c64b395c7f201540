// How far a fault reaches: the task that had it, and nobody else.

#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::ProcessPoolExecutor;

// Travels to the worker, where an odd one cannot be read.
struct Fragile {
  int number = 0;
};

// Travels as an argument; as a result, an odd one cannot be written.
struct Unwritable {
  int number = 0;
};

}  // namespace

template <>
struct muster::Codec<Fragile> {
  static void encode(Encoder& out, const Fragile& value) { out.write(value.number); }
  static Fragile decode(Decoder& in) {
    const int number = in.read<int>();
    if (number % 2 != 0) throw std::runtime_error("cannot read an odd number");
    return {number};
  }
};

template <>
struct muster::Codec<Unwritable> {
  static void encode(Encoder& out, const Unwritable& value) {
    if (value.number % 2 != 0) throw std::runtime_error("cannot write an odd number");
    out.write(value.number);
  }
  static Unwritable decode(Decoder& in) { return {in.read<int>()}; }
};

namespace {

template <class Pool>
class Containment : public testing::Test {};
TYPED_TEST_SUITE(Containment, test_support::Pools, test_support::PoolNames);

// Behaviour 155.
TYPED_TEST(Containment, TwelveOfSixteenTasksEndWellWhereFourThrow) {
  auto pool = test_support::make_pool<TypeParam>(2);
  std::vector<muster::Future<int>> futures;
  for (int i = 0; i < 16; ++i) {
    futures.push_back(pool.submit(
        [](int x) {
          if (x % 4 == 0) throw std::runtime_error("task " + std::to_string(x));
          return x;
        },
        i));
  }
  int good = 0;
  int bad = 0;
  for (std::size_t i = 0; i < futures.size(); ++i) {
    try {
      EXPECT_EQ(futures[i].result(), static_cast<int>(i));
      ++good;
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find("task " + std::to_string(i)), std::string::npos);
      ++bad;
    }
  }
  EXPECT_EQ(good, 12);
  EXPECT_EQ(bad, 4);
}

// Behaviours 155 and 1c.3.
TEST(ProcessContainment, TwelveOfSixteenTasksEndWellWhereFourKillTheirWorker) {
  auto options = test_support::pool_options<ProcessPoolExecutor>(2);
  options.on_worker_death = muster::OnWorkerDeath::replace;
  ProcessPoolExecutor pool(options);
  std::vector<muster::Future<int>> futures;
  for (int i = 0; i < 16; ++i) {
    futures.push_back(pool.submit(
        [](int x) {
          if (x % 4 == 0) ::raise(SIGKILL);
          return x;
        },
        i));
  }
  int good = 0;
  int bad = 0;
  for (std::size_t i = 0; i < futures.size(); ++i) {
    try {
      EXPECT_EQ(futures[i].result(), static_cast<int>(i));
      ++good;
    } catch (const muster::WorkerDiedError& error) {
      EXPECT_EQ(error.term_signal(), SIGKILL);
      EXPECT_NE(error.worker_pid(), 0);
      ++bad;
    }
  }
  EXPECT_EQ(good, 12);
  EXPECT_EQ(bad, 4);
}

// Behaviour 1c.3.
TEST(ProcessContainment, AnArgumentThatCannotBeReadFailsItsTaskAlone) {
  auto pool = test_support::make_pool<ProcessPoolExecutor>(1);
  std::vector<muster::Future<int>> futures;
  for (int i = 0; i < 6; ++i) {
    futures.push_back(pool.submit([](Fragile value) { return value.number; }, Fragile{i}));
  }
  for (std::size_t i = 0; i < futures.size(); ++i) {
    SCOPED_TRACE(i);
    if (i % 2 == 0) {
      EXPECT_EQ(futures[i].result(), static_cast<int>(i));
    } else {
      EXPECT_NE(futures[i].exception(), nullptr);
    }
  }
}

// Behaviour 1c.3.
TEST(ProcessContainment, AResultThatCannotBeWrittenFailsItsTaskAlone) {
  auto pool = test_support::make_pool<ProcessPoolExecutor>(1);
  std::vector<muster::Future<Unwritable>> futures;
  for (int i = 0; i < 6; ++i) {
    futures.push_back(pool.submit([](int x) { return Unwritable{x}; }, i));
  }
  for (std::size_t i = 0; i < futures.size(); ++i) {
    SCOPED_TRACE(i);
    if (i % 2 == 0) {
      EXPECT_EQ(futures[i].result().number, static_cast<int>(i));
    } else {
      EXPECT_NE(futures[i].exception(), nullptr);
    }
  }
}

// Behaviour 1c.3: a death under break_pool is everybody's who had not ended.
TEST(ProcessContainment, AWorkersDeathBreaksAPoolThatWasToldSo) {
  test_support::SharedGate gate;
  auto pool = test_support::make_pool<ProcessPoolExecutor>(1);
  const auto before = pool.submit([] { return 1; });
  EXPECT_EQ(before.result(), 1);
  const auto fatal = pool.submit([gate] {
    gate.wait();
    ::raise(SIGKILL);
  });
  const auto queued = pool.submit([] { return 2; });
  gate.open();
  EXPECT_THROW(fatal.result(), muster::BrokenProcessPool);
  EXPECT_THROW(queued.result(), muster::BrokenProcessPool);
  EXPECT_EQ(before.result(), 1);
  EXPECT_THROW(pool.submit([] { return 3; }), muster::BrokenProcessPool);
}

}  // namespace
