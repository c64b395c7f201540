#include <unistd.h>

#include <numeric>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mpi/cluster.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using test_support::expected_ranks;

class ParseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
MUSTER_REGISTER_EXCEPTION(ParseError)

int add(int a, int b) { return a + b; }
std::string twice(std::string text) { return text + text; }
double sum(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}
std::vector<double> same(std::vector<double> values) { return values; }
int throws(int what) {
  if (what == 0) throw std::out_of_range("too far");
  if (what == 1) throw ParseError("no number");
  throw what;
}
pid_t where() { return getpid(); }
int nap() {
  std::this_thread::sleep_for(20ms);
  return getpid();
}
int started = 0;
void start_here() { started = 17; }
int what_started() { return started; }
void fail_to_start() { throw std::runtime_error("no licence"); }
int total(muster::SharedArray<const int> values) { return values[0]; }

TEST(MpiPool, SubmitGivesWhatTheTaskReturns) {
  muster::MpiPoolExecutor pool({.max_workers = 1});
  EXPECT_EQ(pool.ranks(), expected_ranks());
  EXPECT_EQ(pool.submit(add, 2, 3).result(), 5);
  EXPECT_EQ(pool.submit(twice, "ab").result(), "abab");
  EXPECT_NE(pool.submit(where).result(), getpid());
  const int captured = 40;
  EXPECT_EQ(pool.submit([captured](int more) { return captured + more; }, 2).result(), 42);
}

TEST(MpiPool, SubmitTakesArgumentsOfAnySizeThereAndBack) {
  muster::MpiPoolExecutor pool({.max_workers = 2});
  for (const std::size_t size : {0u, 1u, 6u, 7u, 100u, 4000u, 4096u, 5000u, 100'000u, 3'000'000u}) {
    std::vector<double> values(size);
    std::iota(values.begin(), values.end(), 0.0);
    EXPECT_EQ(pool.submit(same, values).result(), values) << size;
    EXPECT_EQ(pool.submit(sum, values).result(), std::accumulate(values.begin(), values.end(), 0.0))
        << size;
  }
}

TEST(MpiPool, LargeAndSmallTasksAtOnceKeepTheirOwnResults) {
  muster::MpiPoolExecutor pool({.max_workers = 2});
  std::vector<muster::Future<std::vector<double>>> large;
  std::vector<muster::Future<int>> small;
  for (int i = 0; i < 40; ++i) {
    large.push_back(pool.submit(same, std::vector<double>(20'000, i)));
    for (int k = 0; k < 25; ++k) small.push_back(pool.submit(add, i, k));
  }
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(large[static_cast<std::size_t>(i)].result(), std::vector<double>(20'000, i));
    for (int k = 0; k < 25; ++k) {
      EXPECT_EQ(small[static_cast<std::size_t>(25 * i + k)].result(), i + k);
    }
  }
}

TEST(MpiPool, WhatATaskThrowsComesWithItsType) {
  muster::MpiPoolExecutor pool({.max_workers = 1});
  EXPECT_THROW(pool.submit(throws, 0).result(), std::out_of_range);
  try {
    pool.submit(throws, 1).result();
    FAIL();
  } catch (const ParseError& error) {
    EXPECT_STREQ(error.what(), "no number");
  }
  try {
    pool.submit(throws, 2).result();
    FAIL();
  } catch (const muster::RemoteError& error) {
    EXPECT_EQ(error.type_name(), "int");
  }
}

TEST(MpiPool, MapGivesResultsInTheOrderOfTheInputs) {
  muster::MpiPoolExecutor pool({.max_workers = 2});
  std::vector<int> inputs(20'000);
  std::iota(inputs.begin(), inputs.end(), 0);
  int expected = 0;
  for (const int result : pool.map([](int n) { return 3 * n; }, inputs)) {
    ASSERT_EQ(result, 3 * expected++);
  }
  EXPECT_EQ(expected, 20'000);
}

TEST(MpiPool, MapUnorderedGivesEachItemOnceAndFailuresAlone) {
  muster::MpiPoolExecutor pool({.max_workers = 2});
  std::vector<int> inputs(5000);
  std::iota(inputs.begin(), inputs.end(), 0);
  std::set<std::size_t> seen;
  const auto odd_only = [](int n) {
    if (n % 2 == 0) throw std::domain_error("even");
    return n;
  };
  auto items = pool.map_unordered({.chunksize = 50}, odd_only, inputs);
  for (const auto& outcome : std::move(items).outcomes()) {
    EXPECT_TRUE(seen.insert(outcome.index()).second);
    EXPECT_EQ(outcome.has_value(), outcome.index() % 2 == 1);
  }
  EXPECT_EQ(seen.size(), inputs.size());
}

TEST(MpiPool, AnExecutorHoldsIt) {
  muster::MpiPoolExecutor pool({.max_workers = 1, .name = "cluster"});
  muster::Executor& any = pool;
  EXPECT_EQ(any.submit(add, 1, 1).result(), 2);
  EXPECT_EQ(any.name(), "cluster");
  any.shutdown();
  EXPECT_THROW(any.submit(add, 1, 1), muster::ShutdownError);
}

TEST(MpiPool, AllWorkersOfAllRanksHaveTheirShare) {
  muster::MpiPoolExecutor pool({.max_workers = 2});
  const auto workers = pool.worker_pids();
  ASSERT_EQ(workers.size(), 4u);
  std::set<int> ranks;
  std::set<pid_t> known;
  for (const muster::MpiWorker& worker : workers) {
    ranks.insert(worker.rank);
    known.insert(worker.pid);
    EXPECT_FALSE(worker.host.empty());
  }
  EXPECT_EQ(ranks, (std::set{1, 2}));
  std::vector<muster::Future<int>> futures;
  for (int i = 0; i < 24; ++i) futures.push_back(pool.submit(nap));
  std::set<pid_t> used;
  for (const auto& future : futures) used.insert(future.result());
  EXPECT_EQ(used, known);
  const muster::PoolStats stats = pool.stats();
  EXPECT_EQ(stats.submitted, 24u);
  EXPECT_EQ(stats.finished, 24u);
  EXPECT_EQ(stats.workers.size(), 4u);
}

TEST(MpiPool, TwoPoolsAtOnceAreTwo) {
  muster::MpiPoolExecutor first({.max_workers = 1});
  muster::MpiPoolExecutor second({.max_workers = 1});
  auto a = first.map([](int n) { return n + 1; }, std::vector{1, 2, 3});
  auto b = second.map([](int n) { return n + 2; }, std::vector{1, 2, 3});
  int expected = 2;
  for (const int result : a) EXPECT_EQ(result, expected++);
  expected = 3;
  for (const int result : b) EXPECT_EQ(result, expected++);
}

TEST(MpiPool, TheInitializerRunsInEachWorker) {
  muster::MpiPoolExecutor pool({.max_workers = 2, .initializer = start_here});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pool.submit(what_started).result(), 17);
}

TEST(MpiPool, AnInitializerThatThrowsBreaksThePoolAndIsQuoted) {
  muster::MpiPoolExecutor pool({.max_workers = 1, .initializer = fail_to_start});
  try {
    pool.submit(add, 1, 2).result();
    FAIL();
  } catch (const muster::BrokenProcessPool& error) {
    EXPECT_NE(std::string(error.what()).find("no licence"), std::string::npos) << error.what();
  }
  EXPECT_THROW(pool.submit(add, 1, 2), muster::BrokenProcessPool);
}

TEST(MpiPool, OptionsThatMakeNoSenseAreRefusedAndTheRanksLiveOn) {
  EXPECT_THROW(muster::MpiPoolExecutor({.max_workers = 1'000'000}), muster::InvalidArgumentError);
  muster::MpiPoolExecutor pool({.max_workers = 1});
  EXPECT_EQ(pool.submit(add, 2, 2).result(), 4);
}

TEST(MpiPool, MemoryOfOneMachineIsRefusedAsAnArgument) {
  muster::MpiPoolExecutor pool({.max_workers = 1});
  const auto array = muster::SharedArray<int>::from({1, 2});
  EXPECT_THROW(pool.submit(total, array).result(), muster::EncodingError);
}

TEST(MpiPool, InitMayBeCalledAgain) {
  muster::MpiPoolExecutor pool({.max_workers = 1});
  EXPECT_NO_THROW(muster::init());
  EXPECT_EQ(pool.submit(add, 2, 3).result(), 5);
}

TEST(MpiPool, ATaskCannotMakeOne) {
  muster::MpiPoolExecutor pool({.max_workers = 1});
  const auto make = [] { muster::MpiPoolExecutor inner({.max_workers = 1}); };
  EXPECT_THROW(pool.submit(make).result(), muster::InvalidStateError);
}

TEST(MpiPool, RefusesModulesAndTasksThatAreCalledByTheirNames) {
  if (expected_ranks() == 0) GTEST_SKIP() << "without ranks it is a process pool";
  EXPECT_THROW(muster::MpiPoolExecutor({.modules = {"libtasks.so"}}), muster::InvalidArgumentError);
  muster::MpiPoolExecutor pool({.max_workers = 1});
  const muster::NamedTask<int(int)> square("square");
  EXPECT_THROW(pool.submit(square, 3), muster::InvalidArgumentError);
  EXPECT_THROW(pool.submit({.name = "nine"}, square, 3), muster::InvalidArgumentError);
  EXPECT_THROW((void)pool.map(square, std::vector{1, 2}), muster::InvalidArgumentError);
  EXPECT_EQ(pool.submit(add, 2, 3).result(), 5);
}

}  // namespace
