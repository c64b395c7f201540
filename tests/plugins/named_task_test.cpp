// Tasks that are called by their names and are in this program, or in a library that it opens; and
// pools that have none.

#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "plugins/modules.hpp"
#include "support/own_folder.hpp"
#include "support/plugin.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::NamedTask;
using muster::ProcessPoolExecutor;
using muster::ThreadPoolExecutor;
using plugin_test::library;
using plugin_test::sentence_of;

int triple(int x) noexcept { return 3 * x; }

// Of one name, which is no fault until it is called.
int first_of_two() { return 1; }
int second_of_two() { return 2; }

}  // namespace

MUSTER_TASK(triple, triple)
MUSTER_TASK("words.count", [](const std::vector<std::string>& words) { return words.size(); })
MUSTER_TASK(two, first_of_two)
MUSTER_TASK(two, second_of_two)

namespace {

const NamedTask<int(int)> named_triple("triple");

TEST(NamedTask, IsCalledDirectlyWhereTheProgramHasIt) {
  EXPECT_EQ(named_triple(2), 6);
  EXPECT_EQ(named_triple.name(), "triple");
  const NamedTask<std::size_t(const std::vector<std::string>&)> count("words.count");
  EXPECT_EQ(count({"a", "b"}), 2U);
}

TEST(NamedTask, RunsOnThreads) {
  ThreadPoolExecutor pool({.max_workers = 2});
  EXPECT_EQ(pool.submit(named_triple, 5).result(), 15);
  EXPECT_EQ(pool.submit({.name = "mine"}, named_triple, 5).result(), 15);
  const std::vector<int> inputs{1, 2, 3};
  std::vector<int> results;
  for (const int result : pool.map(named_triple, inputs)) results.push_back(result);
  EXPECT_EQ(results, (std::vector{3, 6, 9}));
  muster::Executor& any = pool;
  EXPECT_EQ(any.submit(named_triple, 7).result(), 21);
}

TEST(NamedTask, IsFoundInALibraryAsLongAsTheProgramHasItOpen) {
  const NamedTask<int(int)> cube("cube");
  EXPECT_THROW(cube(2), muster::InvalidArgumentError);
  {
    const test_support::Plugin plugin(library("more_tasks"));
    EXPECT_EQ(cube(2), 8);
    ThreadPoolExecutor pool({.max_workers = 1});
    EXPECT_EQ(pool.submit(cube, 3).result(), 27);
  }
}

TEST(NamedTask, SaysWhatThereIsWhereThisProgramHasNone) {
  const std::string said = sentence_of([] { NamedTask<int(int)>("tripel")(1); });
  EXPECT_NE(said.find("no task \"tripel\""), std::string::npos) << said;
  EXPECT_NE(said.find("\"words.count\""), std::string::npos) << said;
  const std::string other = sentence_of([] { NamedTask<double(double)>("triple")(1); });
  EXPECT_NE(other.find("double (double)"), std::string::npos) << other;
  EXPECT_NE(other.find("int (int)"), std::string::npos) << other;
}

TEST(NamedTask, OfTwoOfOneNameNoneIsCalled) {
  EXPECT_NE(sentence_of([] { NamedTask<int()>("two")(); }).find("two tasks \"two\""),
            std::string::npos);
}

TEST(NamedTask, HasANameThatCanBeOne) {
  EXPECT_THROW(NamedTask<int(int)>(""), muster::InvalidArgumentError);
  EXPECT_THROW(NamedTask<int(int)>("two words"), muster::InvalidArgumentError);
}

TEST(NamedTask, IsRefusedByAPoolWithoutModules) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "plain"});
  const auto expect_refused = [](auto call) {
    const std::string said = sentence_of(call);
    EXPECT_NE(said.find("\"triple\""), std::string::npos) << said;
    EXPECT_NE(said.find("pool \"plain\" has no modules"), std::string::npos) << said;
  };
  expect_refused([&] { pool.submit(named_triple, 1); });
  expect_refused([&] { pool.submit({.name = "mine"}, named_triple, 1); });
  expect_refused([&] { (void)pool.try_submit(named_triple, 1); });
  expect_refused([&] { (void)pool.map(named_triple, std::vector<int>{1, 2}); });
  EXPECT_EQ(pool.submit(&triple, 2).result(), 6);
  EXPECT_THROW(ProcessPoolExecutor({.initializer = NamedTask<void()>("prepare")}),
               muster::InvalidArgumentError);
}

TEST(NamedTask, AsAnArgumentItIsCalledInTheWorker) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const int result =
      pool.submit([](NamedTask<int(int)> task, int x) { return task(x); }, named_triple, 4)
          .result();
  EXPECT_EQ(result, 12);
  // Captured, too: the worker is a copy of this program.
  EXPECT_EQ(pool.submit([] { return NamedTask<int(int)>("triple")(5); }).result(), 15);
}

// Many threads make and call them at once.
TEST(NamedTask, CanBeMadeByManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 100; ++i) EXPECT_EQ(NamedTask<int(int)>("triple")(i), 3 * i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(NamedTask, AMapsJournalIsOfItsNameAndNoOther) {
  const test_support::OwnFolder folder;
  ThreadPoolExecutor pool({.max_workers = 1});
  const std::vector<int> inputs{1, 2};
  const auto run = [&](const NamedTask<int(int)>& task) {
    for (const int result : pool.map({.journal = folder.file("j")}, task, inputs)) (void)result;
  };
  run(named_triple);
  run(named_triple);
  EXPECT_THROW(run(NamedTask<int(int)>("other")), muster::InvalidArgumentError);
}

}  // namespace
