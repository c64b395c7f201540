// What a task is called that was given no name: after its callable.

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/no_descriptors.hpp"
#include "support/plugin.hpp"
#include "support/program.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::BrokenProcessPool;
using muster::OnWorkerDeath;
using muster::ProcessPoolExecutor;
using muster::WorkerDiedError;
using test_support::failure_of;
using test_support::SharedGate;

// Known to nobody but this file: no table of the dynamic linker tells the names of these.
int die_of(int signal) {
  if (signal != 0) ::kill(::getpid(), signal);
  return signal;
}

int wait_at(SharedGate started, SharedGate gate) {
  started.open();
  gate.wait();
  return 0;
}

struct Deadly {
  int operator()(int signal) const { return die_of(signal); }
  int member(int signal) { return die_of(signal); }
};

constexpr auto kDies = [] { return die_of(SIGKILL); };

// Behaviours 96 and 1c.5.
TEST(TaskName, IsTheFunctionsInTheErrorOfAWorkerThatDiedInIt) {
  ProcessPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit(die_of, SIGKILL);
  const auto error = failure_of<BrokenProcessPool>(future);
  EXPECT_EQ(error.task_name(), "(anonymous namespace)::die_of(int)");
  EXPECT_EQ(error.death().task_name, "(anonymous namespace)::die_of(int)");
  const std::string text = error.what();
  EXPECT_NE(text.find("was killed by SIGKILL while running \"(anonymous namespace)::die_of(int)\""),
            std::string::npos)
      << text;
}

TEST(TaskName, IsTheFunctionsForAnItemOfAMap) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  auto results = pool.map({.chunksize = 3}, die_of, std::vector<int>{0, SIGKILL, 0});
  std::vector<std::string> names;
  for (const auto& outcome : results.outcomes()) {
    if (outcome.has_value()) continue;
    names.push_back(test_support::as<WorkerDiedError>(outcome.exception()).task_name());
  }
  EXPECT_EQ(names, std::vector<std::string>{"(anonymous namespace)::die_of(int)"});
}

TEST(TaskName, IsTheFunctionsThroughAnyExecutor) {
  ProcessPoolExecutor pool({.max_workers = 1});
  muster::Executor& executor = pool;
  auto future = executor.submit(die_of, SIGKILL);
  EXPECT_EQ(failure_of<BrokenProcessPool>(future).task_name(),
            "(anonymous namespace)::die_of(int)");
}

TEST(TaskName, IsTheFunctionsInTheStatisticsWhileItRuns) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const SharedGate started;
  const SharedGate gate;
  const test_support::OpensAtExit open(gate);
  auto future = pool.submit(wait_at, started, gate);
  started.wait();
  const std::string name = pool.stats().workers.at(0).task_name;
  EXPECT_TRUE(name.starts_with("(anonymous namespace)::wait_at(")) << name;
}

TEST(TaskName, IsTheTypeOfAnythingElse) {
  const auto name_of = [](auto... task) {
    ProcessPoolExecutor pool({.max_workers = 1});
    auto future = pool.submit(task...);
    return failure_of<BrokenProcessPool>(future).task_name();
  };
  EXPECT_EQ(name_of(Deadly(), SIGKILL), "(anonymous namespace)::Deadly");
  EXPECT_EQ(name_of(&Deadly::member, Deadly(), SIGKILL),
            "int ((anonymous namespace)::Deadly::*)(int)");
  const std::string lambda = name_of(kDies);
  EXPECT_NE(lambda.find("{lambda()#1}"), std::string::npos) << lambda;
}

TEST(TaskName, IsTheGivenOneWhereThereIsOne) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  auto named = pool.submit({.name = "given"}, die_of, SIGKILL);
  EXPECT_EQ(failure_of<WorkerDiedError>(named).task_name(), "given");
  auto unnamed = pool.submit(die_of, SIGKILL);
  EXPECT_EQ(failure_of<WorkerDiedError>(unnamed).task_name(), "(anonymous namespace)::die_of(int)");
}

TEST(TaskName, IsTheFunctionsOfALibraryThatTheProgramOpened) {
  const test_support::Plugin plugin(MUSTER_TEST_PLUGIN);
  ProcessPoolExecutor pool({.max_workers = 1});
  EXPECT_EQ(pool.submit(plugin.hidden(), 1).result(), 2);
  auto future = pool.submit(plugin.hidden(), -1);
  EXPECT_EQ(failure_of<BrokenProcessPool>(future).task_name(),
            "(anonymous namespace)::hidden_answer(int)");
}

TEST(TaskName, IsTheFunctionsTypeInAStrippedProgram) {
  EXPECT_EQ(test_support::Program("dies_in_function").wait().out, "(anonymous namespace)::die()\n");
  EXPECT_EQ(test_support::Program("dies_in_function_stripped").wait().out, "void (*)()\n");
}

// A program that has opened too much already can still submit.
TEST(TaskName, IsTheFunctionsTypeWhereThereAreNoDescriptors) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto submit = [&](int signal) {
    const test_support::NoDescriptors none;
    return pool.submit(die_of, signal);
  };
  EXPECT_EQ(submit(0).result(), 0);
  auto future = submit(SIGKILL);
  EXPECT_EQ(failure_of<BrokenProcessPool>(future).task_name(), "int (*)(int)");
}

template <std::size_t>
int one_of_many(int signal) {
  return die_of(signal);
}

// More functions than a pool has names for.
TEST(TaskName, IsThatOfTheOthersWhereThereAreTooManyFunctions) {
  constexpr std::size_t kMany = 300;
  const auto functions = []<std::size_t... kEach>(std::index_sequence<kEach...>) {
    return std::array{&one_of_many<kEach>...};
  }(std::make_index_sequence<kMany>());
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  for (const auto function : functions) EXPECT_EQ(pool.submit(function, 0).result(), 0);
  auto first = pool.submit(functions.front(), SIGKILL);
  EXPECT_EQ(failure_of<WorkerDiedError>(first).task_name(),
            "int (anonymous namespace)::one_of_many<0ul>(int)");
  auto last = pool.submit(functions.back(), SIGKILL);
  EXPECT_EQ(failure_of<WorkerDiedError>(last).task_name(), "(other)");
}

}  // namespace
