// What a task is called that was given no name: after its callable.

#include <dlfcn.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "lib/common/exception_text.hpp"
#include "support/failure.hpp"
#include "support/init.hpp"
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
  static int twice(int n) { return 2 * n; }
};

// What is done where the dynamic linker is asked for the name of a function, as long as this lives.
class OnLookUp {
 public:
  explicit OnLookUp(std::function<void()> what) { what_ = std::move(what); }
  ~OnLookUp() { what_ = nullptr; }
  OnLookUp(const OnLookUp&) = delete;
  OnLookUp& operator=(const OnLookUp&) = delete;

  static void happens() {
    if (what_) what_();
  }

 private:
  static inline std::function<void()> what_;
};

constexpr auto kDies = [] { return die_of(SIGKILL); };

}  // namespace

// In place of the C library's, which it calls.
extern "C" int dladdr1(const void* address, Dl_info* info, void** extra, int flags) noexcept {
  OnLookUp::happens();
  static const auto real = reinterpret_cast<decltype(&dladdr1)>(::dlsym(RTLD_NEXT, "dladdr1"));
  return real(address, info, extra, flags);
}

namespace {

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
  EXPECT_EQ(pool.stats().workers.at(0).task_name, "(anonymous namespace)::wait_at");
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
  EXPECT_EQ(name_of(kDies), muster::detail::demangle(typeid(kDies).name()));
}

template <int>
std::string text_of(int signal) {
  return std::to_string(die_of(signal));
}

TEST(TaskName, OfATemplateIsWithoutTheLongTypeThatItReturns) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  auto one = pool.submit(text_of<1>, SIGKILL);
  auto two = pool.submit(text_of<2>, SIGKILL);
  EXPECT_EQ(failure_of<WorkerDiedError>(one).task_name(), "(anonymous namespace)::text_of<1>");
  EXPECT_EQ(failure_of<WorkerDiedError>(two).task_name(), "(anonymous namespace)::text_of<2>");
}

TEST(TaskName, IsTheGivenOneWhereThereIsOne) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  auto named = pool.submit({.name = "given"}, die_of, SIGKILL);
  EXPECT_EQ(failure_of<WorkerDiedError>(named).task_name(), "given");
  auto unnamed = pool.submit(die_of, SIGKILL);
  EXPECT_EQ(failure_of<WorkerDiedError>(unnamed).task_name(), "(anonymous namespace)::die_of(int)");
}

TEST(TaskName, IsTheFunctionsOfALibraryThatTheProgramOpened) {
  if (test_support::start_method() == muster::StartMethod::forkserver) {
    GTEST_SKIP() << "it would have to be open at init()";
  }
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

// A program that has opened too much already can still submit, and is told more once it has closed
// some.
TEST(TaskName, IsTheFunctionsTypeWhileThereAreNoDescriptors) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  const auto submit = [&](int signal) {
    const test_support::NoDescriptors none;
    return pool.submit(die_of, signal);
  };
  EXPECT_EQ(submit(0).result(), 0);
  auto future = submit(SIGKILL);
  EXPECT_EQ(failure_of<WorkerDiedError>(future).task_name(), "int (*)(int)");
  auto later = pool.submit(die_of, SIGKILL);
  EXPECT_EQ(failure_of<WorkerDiedError>(later).task_name(), "(anonymous namespace)::die_of(int)");
}

TEST(TaskName, OfAFunctionIsLookedUpOnce) {
  ProcessPoolExecutor pool({.max_workers = 1});
  int looked_up = 0;
  const OnLookUp counts([&] { ++looked_up; });
  pool.submit({.name = "given"}, die_of, 0).result();
  EXPECT_EQ(looked_up, 0);
  for (int i = 0; i < 3; ++i) {
    pool.submit(die_of, 0).result();
    for (const int result : pool.map({.chunksize = 1}, die_of, std::vector<int>{0, 0}))
      EXPECT_EQ(result, 0);
  }
  EXPECT_EQ(looked_up, 1);
}

// The dynamic linker's lock may be held by a library's initializer that submits, and what is read
// of a file may be long in coming.
TEST(TaskName, OfAFunctionIsLookedUpWhileOthersSubmit) {
  ProcessPoolExecutor pool({.max_workers = 1, .max_pending = 2});
  const auto answer = [] { return 42; };
  int answers = 0;
  const OnLookUp submits([&] { answers += pool.submit(answer).result(); });
  EXPECT_EQ(pool.submit(die_of, 0).result(), 0);
  EXPECT_EQ(answers, 42);
  int sum = 0;
  for (const int result : pool.map({.chunksize = 2}, &Deadly::twice, std::vector<int>{1, 2}))
    sum += result;
  EXPECT_EQ(sum, 6);
  EXPECT_EQ(answers, 84);
}

template <std::size_t>
int one_of_many(int signal) {
  return die_of(signal);
}

// More functions than a pool has names for.
TEST(TaskName, IsTheTypeOrThatOfTheOthersWhereThereAreTooManyFunctions) {
  constexpr std::size_t kMany = 300;
  const auto functions = []<std::size_t... kEach>(std::index_sequence<kEach...>) {
    return std::array<int (*)(int), kMany>{&one_of_many<kEach>...};
  }(std::make_index_sequence<kMany>());
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  for (const auto function : functions) EXPECT_EQ(pool.submit(function, 0).result(), 0);
  auto first = pool.submit(functions.front(), SIGKILL);
  EXPECT_EQ(failure_of<WorkerDiedError>(first).task_name(),
            "int (anonymous namespace)::one_of_many<0ul>(int)");
  auto last = pool.submit(functions.back(), SIGKILL);
  EXPECT_EQ(failure_of<WorkerDiedError>(last).task_name(), "int (*)(int)");
  auto others = pool.submit(kDies);
  EXPECT_EQ(failure_of<WorkerDiedError>(others).task_name(), "(other)");
}

}  // namespace
