// Pools whose tasks are in libraries that this program does not contain.

#include <signal.h>
#include <sys/types.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "plugins/modules.hpp"
#include "plugins/types.hpp"
#include "support/own_folder.hpp"
#include "support/watchdog.hpp"

MUSTER_REGISTER_EXCEPTION(plugin_test::ParseError)

namespace {

using muster::NamedTask;
using muster::OnWorkerDeath;
using muster::ProcessPoolExecutor;
using muster::ProcessPoolOptions;
using plugin_test::library;
using plugin_test::sentence_of;

const NamedTask<int(int)> square("square");
const NamedTask<pid_t()> pid("pid");
const NamedTask<void(int)> die("die");

ProcessPoolOptions with_tasks(ProcessPoolOptions options = {}) {
  if (options.max_workers == 0) options.max_workers = 2;
  options.modules = {library("tasks")};
  return options;
}

TEST(ModulePool, RunsATaskThatTheProgramDoesNotContain) {
  ProcessPoolExecutor pool(with_tasks());
  EXPECT_EQ(pool.submit(square, 7).result(), 49);
  EXPECT_NE(pool.submit(pid).result(), ::getpid());
}

TEST(ModulePool, TakesAndGivesWhatEveryTaskMay) {
  ProcessPoolExecutor pool(with_tasks());
  const NamedTask<std::string(const std::vector<std::string>&, std::string_view)> join("text.join");
  EXPECT_EQ(pool.submit(join, std::vector<std::string>{"a", "b", "c"}, ", ").result(), "a, b, c");
  const NamedTask<double(std::span<const double>)> sum("sum");
  EXPECT_EQ(pool.submit(sum, std::vector<double>(100'000, 0.5)).result(), 50'000);
  const NamedTask<plugin_test::Point(plugin_test::Point)> mirror("mirror");
  EXPECT_EQ(pool.submit(mirror, plugin_test::Point{1, 2}).result().x, 2);
  muster::SharedArray<int> array(1000);
  const NamedTask<void(const muster::SharedArray<int>&, int)> fill("fill");
  pool.submit(fill, array, 3).result();
  EXPECT_EQ(array[999], 3);
}

TEST(ModulePool, RethrowsWhatTheTaskThrew) {
  ProcessPoolExecutor pool(with_tasks());
  const NamedTask<int(const std::string&)> parse("parse");
  EXPECT_EQ(pool.submit(parse, "12").result(), 12);
  EXPECT_THROW(pool.submit(parse, "").result(), std::invalid_argument);
  EXPECT_THROW(pool.submit(parse, "x").result(), plugin_test::ParseError);
}

TEST(ModulePool, MapsInOrderAndUnordered) {
  ProcessPoolExecutor pool(with_tasks());
  std::vector<int> inputs(10'000);
  for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i] = static_cast<int>(i);
  int next = 0;
  for (const int result : pool.map(square, inputs)) {
    ASSERT_EQ(result, next * next);
    ++next;
  }
  EXPECT_EQ(next, 10'000);
  std::size_t items = 0;
  for (const auto& item : pool.map_unordered({.chunksize = 7}, square, inputs)) {
    ASSERT_EQ(item.result, inputs[item.index] * inputs[item.index]);
    ++items;
  }
  EXPECT_EQ(items, inputs.size());
}

TEST(ModulePool, MapsItemsOfDifferentSizesAndKeepsEachFailureApart) {
  ProcessPoolExecutor pool(with_tasks());
  const NamedTask<int(const std::string&)> parse("parse");
  const std::vector<std::string> inputs{"1", "", "333", "x"};
  auto results = pool.map({.chunksize = 4}, parse, inputs);
  std::vector<bool> good;
  for (const auto& outcome : results.outcomes()) good.push_back(outcome.has_value());
  EXPECT_EQ(good, (std::vector{true, false, true, false}));
}

TEST(ModulePool, CallsAndMapsOfOneNameMayTakeTurns) {
  ProcessPoolExecutor pool(with_tasks({.max_workers = 1}));
  for (int i = 0; i < 20; ++i) {
    auto one = pool.submit(square, i);
    const std::vector<int> inputs{i, i + 1};
    int sum = 0;
    for (const int result : pool.map({.chunksize = 2}, square, inputs)) sum += result;
    EXPECT_EQ(one.result(), i * i);
    EXPECT_EQ(sum, i * i + (i + 1) * (i + 1));
  }
}

TEST(ModulePool, TasksOfOneSignatureAreToldApart) {
  ProcessPoolOptions options = with_tasks();
  options.modules.push_back(library("more_tasks"));
  ProcessPoolExecutor pool(options);
  const NamedTask<int(int)> cube("cube");
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(pool.submit(square, 3).result(), 9);
    EXPECT_EQ(pool.submit(cube, 3).result(), 27);
  }
}

TEST(ModulePool, WorksThroughExecutorAndWithTrySubmit) {
  ProcessPoolExecutor pool(with_tasks());
  muster::Executor& any = pool;
  EXPECT_EQ(any.submit(square, 4).result(), 16);
  EXPECT_EQ(pool.try_submit(square, 5)->result(), 25);
}

TEST(ModulePool, HeedsTaskOptions) {
  ProcessPoolExecutor pool(with_tasks({.on_worker_death = OnWorkerDeath::replace}));
  EXPECT_EQ(pool.submit({.name = "mine"}, square, 4).result(), 16);
  const NamedTask<void()> wait("wait_for_signal");
  auto overdue = pool.submit({.task_timeout = std::chrono::milliseconds(50)}, wait);
  EXPECT_THROW(overdue.result(), muster::TaskTimeoutError);
  auto run_again = pool.submit({.name = "twice", .retries = 1}, die, SIGKILL);
  const std::string said = sentence_of([&] { run_again.result(); });
  EXPECT_NE(said.find("twice"), std::string::npos) << said;
  EXPECT_EQ(pool.submit(square, 6).result(), 36);
}

TEST(ModulePool, NamesATaskThatKillsItsWorker) {
  ProcessPoolExecutor pool(with_tasks({.on_worker_death = OnWorkerDeath::replace}));
  auto future = pool.submit(die, SIGKILL);
  try {
    future.result();
    FAIL() << "the worker was not killed";
  } catch (const muster::WorkerDiedError& error) {
    EXPECT_EQ(error.task_name(), "die");
    EXPECT_EQ(error.term_signal(), SIGKILL);
  }
}

TEST(ModulePool, WorkersThatDieAreReplacedByCopiesWithTheModules) {
  ProcessPoolExecutor pool(
      with_tasks({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace}));
  std::set<pid_t> pids;
  for (int i = 0; i < 3; ++i) {
    pids.insert(pool.submit(pid).result());
    EXPECT_THROW(pool.submit(die, SIGSEGV).result(), muster::WorkerDiedError);
  }
  EXPECT_EQ(pool.submit(square, 3).result(), 9);
  EXPECT_EQ(pids.size(), 3U);
}

TEST(ModulePool, WorkersAreReplacedAfterMaxTasks) {
  ProcessPoolExecutor pool(with_tasks({.max_workers = 1, .max_tasks_per_child = 2}));
  std::set<pid_t> pids;
  for (int i = 0; i < 6; ++i) pids.insert(pool.submit(pid).result());
  EXPECT_EQ(pids.size(), 3U);
}

TEST(ModulePool, AWorkersDeathBreaksThePoolWhereItIsToBe) {
  ProcessPoolExecutor pool(with_tasks());
  EXPECT_THROW(pool.submit(NamedTask<void(int)>("leave"), 4).result(), muster::BrokenProcessPool);
  EXPECT_THROW(pool.submit(square, 1), muster::BrokenProcessPool);
}

TEST(ModulePool, RunsInitializerAndFinalizerByName) {
  ProcessPoolOptions options = with_tasks({.max_workers = 1, .max_tasks_per_child = 1});
  options.initializer = NamedTask<void()>("keep");
  options.finalizer = NamedTask<void()>("keep");
  ProcessPoolExecutor pool(options);
  const NamedTask<int()> kept("kept");
  EXPECT_EQ(pool.submit(kept).result(), 1);
  EXPECT_EQ(pool.submit(kept).result(), 1);  // of the next worker
}

TEST(ModulePool, LimitsHoldForItsWorkers) {
  ProcessPoolOptions options = with_tasks({.max_workers = 1});
  options.limits.memory_bytes = std::size_t{256} << 20;
  options.limits.environment = {{"OMP_NUM_THREADS", "1"}};
  ProcessPoolExecutor pool(options);
  const NamedTask<std::size_t(std::size_t)> allocate("allocate");
  EXPECT_EQ(pool.submit(allocate, std::size_t{1} << 20).result(), std::size_t{1} << 20);
  EXPECT_THROW(pool.submit(allocate, std::size_t{1} << 30).result(), std::bad_alloc);
  const NamedTask<std::string(const std::string&)> environment("environment");
  EXPECT_EQ(pool.submit(environment, "OMP_NUM_THREADS").result(), "1");
}

TEST(ModulePool, ANamedTaskTravelsAsAnArgument) {
  ProcessPoolExecutor pool(with_tasks());
  const NamedTask<int(NamedTask<int(int)>, int)> apply("apply");
  EXPECT_EQ(pool.submit(apply, square, 5).result(), 25);
}

TEST(ModulePool, KeepsTheModulesThatItBeganWith) {
  const test_support::OwnFolder folder;
  const std::string file = folder.file("libtasks.so");
  std::filesystem::copy_file(library("tasks"), file);
  ProcessPoolOptions options{.max_workers = 1, .modules = {file}};
  options.on_worker_death = OnWorkerDeath::replace;
  ProcessPoolExecutor pool(options);
  const NamedTask<int()> build("build");
  EXPECT_EQ(pool.submit(build).result(), 1);
  // As installers do it.
  std::filesystem::copy_file(library("newer_tasks"), folder.file("new"));
  std::filesystem::rename(folder.file("new"), file);
  EXPECT_THROW(pool.submit(die, SIGKILL).result(), muster::WorkerDiedError);
  EXPECT_EQ(pool.submit(build).result(), 1);
  ProcessPoolExecutor anew(options);
  EXPECT_EQ(anew.submit(build).result(), 2);
  std::filesystem::remove(file);
  EXPECT_THROW(anew.submit(die, SIGKILL).result(), muster::WorkerDiedError);
  EXPECT_EQ(anew.submit(build).result(), 2);
}

TEST(ModulePool, RefusesANameThatNoModuleHas) {
  ProcessPoolExecutor pool(with_tasks({.name = "small"}));
  const NamedTask<int(int)> unknown("sqare");
  const std::string said = sentence_of([&] { pool.submit(unknown, 1); });
  EXPECT_NE(said.find("no task \"sqare\""), std::string::npos) << said;
  EXPECT_NE(said.find("\"square\""), std::string::npos) << said;
  EXPECT_NE(said.find("small"), std::string::npos) << said;
  EXPECT_THROW((void)pool.map(unknown, std::vector<int>{1}), muster::InvalidArgumentError);
  EXPECT_EQ(pool.submit(square, 2).result(), 4);
}

TEST(ModulePool, RefusesAnotherSignatureAndNamesBoth) {
  ProcessPoolExecutor pool(with_tasks());
  EXPECT_EQ(pool.submit(square, 2).result(), 4);
  const NamedTask<long(long)> other("square");
  const std::string said = sentence_of([&] { pool.submit(other, 1L); });
  EXPECT_NE(said.find("long (long)"), std::string::npos) << said;
  EXPECT_NE(said.find("int (int)"), std::string::npos) << said;
  const NamedTask<int(std::string)> by_value("parse");
  const std::string text = sentence_of([&] { pool.submit(by_value, "1"); });
  EXPECT_NE(text.find("int (std::string const&)"), std::string::npos) << text;
}

TEST(ModulePool, RefusesTypesOfOneNameWithOtherMembers) {
  ProcessPoolExecutor pool({.max_workers = 1, .modules = {library("deep_points")}});
  const NamedTask<plugin_test::Point(plugin_test::Point)> mirror("mirror");
  const std::string said = sentence_of([&] { pool.submit(mirror, plugin_test::Point{1, 2}); });
  EXPECT_NE(said.find("other members"), std::string::npos) << said;
  EXPECT_EQ(pool.submit(square, 2).result(), 4);
}

TEST(ModulePool, RefusesFunctionsOfTheProgram) {
  ProcessPoolExecutor pool(with_tasks());
  const std::string said = sentence_of([&] { pool.submit([] { return 1; }).result(); });
  EXPECT_NE(said.find("opens the pool's modules and no others"), std::string::npos) << said;
  ProcessPoolOptions options = with_tasks();
  options.initializer = [] {};
  EXPECT_THROW(ProcessPoolExecutor{options}, muster::EncodingError);
}

TEST(ModulePool, CanBeMadeByATaskOfAnotherPool) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const std::string file = library("tasks");
  std::array<char, 1024> path{};
  file.copy(path.data(), path.size() - 1);
  const int nine =
      pool.submit(
              [](const std::array<char, 1024>& module) {
                ProcessPoolExecutor inner({.max_workers = 1, .modules = {module.data()}});
                return inner.submit(NamedTask<int(int)>("square"), 3).result();
              },
              path)
          .result();
  EXPECT_EQ(nine, 9);
}

}  // namespace
