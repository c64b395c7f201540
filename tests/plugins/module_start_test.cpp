// Modules that cannot be used, and what is said of them when a pool is to be made.

#include <signal.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "plugins/modules.hpp"
#include "support/own_folder.hpp"
#include "support/privileges.hpp"
#include "support/proc.hpp"
#include "support/program.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::NamedTask;
using muster::ProcessPoolExecutor;
using muster::ProcessPoolOptions;
using plugin_test::library;
using plugin_test::sentence_of;

std::string refusal_of(std::vector<std::string> modules) {
  return sentence_of([&] {
    ProcessPoolExecutor({.max_workers = 1, .name = "refused", .modules = std::move(modules)});
  });
}

// As long as it lives, a variable of the environment has another value.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const before = std::getenv(name)) before_ = before;
    ::setenv(name, value, 1);
  }
  ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

void expect_in(const std::string& part, const std::string& sentence) {
  EXPECT_NE(sentence.find(part), std::string::npos) << sentence;
}

bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

TEST(ModuleStart, NeedsNoInitAndIsSpawnedAlsoWhereTheEnvironmentSaysFork) {
  const Variable method("MUSTER_START_METHOD", "fork");
  ProcessPoolExecutor pool({.max_workers = 1, .modules = {library("tasks")}});
  EXPECT_EQ(pool.submit(NamedTask<int(int)>("square"), 3).result(), 9);
}

TEST(ModuleStart, RefusesOtherWaysToStart) {
  using muster::StartMethod;
  for (const StartMethod method : {StartMethod::fork, StartMethod::forkserver}) {
    ProcessPoolOptions options{.start_method = method, .modules = {library("tasks")}};
    EXPECT_THROW(ProcessPoolExecutor{options}, muster::InvalidArgumentError);
  }
}

TEST(ModuleStart, RefusesAnEmptyPathAndANegativeTime) {
  EXPECT_THROW(ProcessPoolExecutor({.modules = {""}}), muster::InvalidArgumentError);
  ProcessPoolOptions options{.modules = {library("tasks")}};
  options.spawn_timeout = std::chrono::seconds(-1);
  EXPECT_THROW(ProcessPoolExecutor{options}, muster::InvalidArgumentError);
}

TEST(ModuleStart, SaysThatAFileIsNotThere) {
  const std::string said = refusal_of({"/no/such/libtasks.so"});
  expect_in("/no/such/libtasks.so", said);
  expect_in("No such file", said);
  expect_in("refused", said);
  EXPECT_FALSE(has_children());
}

TEST(ModuleStart, SaysThatAFileIsNoLibrary) {
  const test_support::OwnFolder folder;
  test_support::write_file(folder.file("notes.so"), "these are no instructions\n");
  expect_in("cannot be loaded", refusal_of({folder.file("notes.so")}));
  expect_in("not a file", refusal_of({std::filesystem::path(folder.file("x")).parent_path()}));
}

TEST(ModuleStart, SaysThatALibraryHasNoTasks) {
  const std::string said = refusal_of({library("no_tasks")});
  expect_in("has no tasks", said);
  expect_in("MUSTER_TASK", said);
}

TEST(ModuleStart, SaysWhichLibrariesHaveTasksOfOneName) {
  const std::string said = refusal_of({library("tasks"), library("taken_name")});
  expect_in("two tasks \"square\"", said);
  expect_in(library("tasks"), said);
  expect_in(library("taken_name"), said);
}

TEST(ModuleStart, TakesALibraryThatIsGivenTwiceForOne) {
  ProcessPoolExecutor pool({.max_workers = 1, .modules = {library("tasks"), library("tasks")}});
  EXPECT_EQ(pool.submit(NamedTask<int(int)>("square"), 3).result(), 9);
}

TEST(ModuleStart, SaysWhatALibraryThrowsWhenItIsLoaded) {
  const std::string said = refusal_of({library("throws")});
  expect_in(library("throws"), said);
  expect_in("no licence", said);
  EXPECT_FALSE(has_children());
}

TEST(ModuleStart, SaysThatALibraryEndsTheProcessWhenItIsLoaded) {
  const std::string left = refusal_of({library("leaves")});
  expect_in("exit status 3", left);
  expect_in(library("leaves"), left);
  const std::string crashed = refusal_of({library("crashes")});
  expect_in("killed by SIGKILL", crashed);
  expect_in(library("crashes"), crashed);
  EXPECT_FALSE(has_children());
}

TEST(ModuleStart, AProgramThatIsItsOwnMusterWorkerSaysSoAndRunsOnce) {
  ::setenv("MUSTER_WORKER", (std::string(MUSTER_TEST_PROGRAMS) + "/plugin_client").c_str(), 1);
  const auto end = test_support::Program("plugin_client", {library("tasks")}).wait();
  ::unsetenv("MUSTER_WORKER");
  EXPECT_EQ(end.exit_code, 1);
  expect_in("makes a pool of its own before it calls muster::init()", end.out);
  expect_in("exit status 1", end.out);
}

TEST(ModuleStart, RefusesAPathWithAZeroByte) {
  EXPECT_THROW(ProcessPoolExecutor({.modules = {library("tasks") + std::string("\0x", 2)}}),
               muster::InvalidArgumentError);
}

TEST(ModuleStart, GivesALibraryThatHangsUpAfterTheTimeItMayTake) {
  ProcessPoolOptions options{.max_workers = 1, .modules = {library("tasks"), library("hangs")}};
  options.spawn_timeout = std::chrono::milliseconds(500);
  const std::string said = sentence_of([&] { ProcessPoolExecutor{options}; });
  expect_in("0.5 s", said);
  expect_in(library("hangs"), said);
  EXPECT_FALSE(has_children());
}

TEST(ModuleStart, NothingIsLeftOfALibraryThatHangsWhenTheClientIsKilled) {
  test_support::Program client("plugin_client", {library("hangs")});
  EXPECT_EQ(client.read_line(), "making the pool");
  const auto loading = [&] {
    for (const pid_t child : test_support::children_of(client.pid())) {
      const auto maps = "/proc/" + std::to_string(child) + "/maps";
      if (test_support::read_file(maps).find("_hangs.so") != std::string::npos) return true;
    }
    return false;
  };
  while (!loading()) std::this_thread::yield();
  ::kill(client.pid(), SIGKILL);
  EXPECT_EQ(client.wait().term_signal, SIGKILL);  // and the pipes are closed: nobody holds them
}

TEST(ModuleStart, AProgramWithoutTheTasksAndWithoutInitUsesThem) {
  test_support::Program client("plugin_client", {library("tasks")});
  const auto end = client.wait();
  EXPECT_EQ(end.out, "making the pool\n49\n") << end.err;
  EXPECT_EQ(end.exit_code, 0);
}

TEST(ModuleStart, WhatALibraryPrintsWhenItIsLoadedComesOutOnce) {
  test_support::Program client("plugin_client", {library("tasks"), library("prints")});
  const auto end = client.wait();
  EXPECT_EQ(end.out, "making the pool\nloaded\n49\n") << end.err;
}

TEST(ModuleStart, WarnsOfThreadsThatALibraryStartsWhenItIsLoaded) {
  test_support::Program client("plugin_client", {library("tasks"), library("starts_thread")});
  const auto end = client.wait();
  EXPECT_EQ(end.out, "making the pool\n49\n") << end.err;
  expect_in(library("starts_thread") + " starts threads when it is loaded", end.err);
}

TEST(ModuleStart, SaysThatALibraryMayNotBeRead) {
  if (::geteuid() != 0 && ::access(library("tasks").c_str(), R_OK) != 0) GTEST_SKIP();
  const test_support::OwnFolder folder;
  const std::string file = folder.file("libtasks.so");
  std::filesystem::copy_file(library("tasks"), file);
  ASSERT_EQ(::chmod(file.c_str(), 0), 0);
  ASSERT_EQ(::chmod(std::filesystem::path(file).parent_path().c_str(), 0755), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    test_support::drop_privileges();
    const std::string said = refusal_of({file});
    ::_exit(said.find("Permission denied") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(ModuleStart, ARelativePathIsOfTheWorkingDirectory) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(std::filesystem::path(library("tasks")).parent_path());
  const std::string said = sentence_of([] {
    ProcessPoolExecutor pool({.max_workers = 1, .modules = {"libplugin_test_tasks.so"}});
    EXPECT_EQ(pool.submit(NamedTask<int(int)>("square"), 3).result(), 9);
  });
  std::filesystem::current_path(before);
  EXPECT_EQ(said, "");
}

TEST(ModuleStart, SaysThatTheWorkerItIsToldOfCannotBeRun) {
  const Variable worker("MUSTER_WORKER", "/no/such/muster-worker");
  const std::string said = refusal_of({library("tasks")});
  expect_in("MUSTER_WORKER", said);
  expect_in("/no/such/muster-worker", said);
}

TEST(ModuleStart, SaysThatTheWorkerItIsToldOfIsAnotherProgram) {
  const Variable worker("MUSTER_WORKER", "/bin/true");
  const std::string said = refusal_of({library("tasks")});
  expect_in("exit status 0 before it opened the modules", said);
}

TEST(ModuleStart, SaysWhereItHasLookedForTheWorker) {
  // A library that is there by itself has the worker beside it, in a build tree.
  if (PLUGIN_TEST_SHARED) GTEST_SKIP() << "Muster is a shared library";
  const Variable worker("MUSTER_WORKER", "");
  const Variable path("PATH", "/no/such/folder");
  const std::string said = refusal_of({library("tasks")});
  expect_in("/no/such/folder/muster-worker", said);
  expect_in("MUSTER_WORKER", said);
}

TEST(ModuleStart, FindsTheWorkerBesideTheProgram) {
  const test_support::OwnFolder folder;
  std::filesystem::copy_file(std::string(MUSTER_TEST_PROGRAMS) + "/plugin_client",
                             folder.file("client"));
  std::filesystem::copy_file(PLUGIN_TEST_WORKER, folder.file("muster-worker"));
  const Variable worker("MUSTER_WORKER", "");
  const Variable path("PATH", "/no/such/folder");
  const auto from = std::filesystem::relative(folder.file("client"), MUSTER_TEST_PROGRAMS);
  test_support::Program client(from.string(), {library("tasks")});
  const auto end = client.wait();
  EXPECT_EQ(end.out, "making the pool\n49\n") << end.err;
}

TEST(ModuleStart, FindsTheWorkerInAFolderOfPath) {
  const std::string folder = std::filesystem::path(PLUGIN_TEST_WORKER).parent_path();
  const Variable worker("MUSTER_WORKER", "");
  const Variable path("PATH", folder.c_str());
  ProcessPoolExecutor pool({.max_workers = 1, .modules = {library("tasks")}});
  EXPECT_EQ(pool.submit(NamedTask<int(int)>("square"), 3).result(), 9);
}

TEST(ModuleStart, RefusesAnInitializerThatNoModuleHas) {
  ProcessPoolOptions options{.max_workers = 1, .modules = {library("tasks")}};
  options.initializer = NamedTask<void()>("prepare");
  expect_in("no task \"prepare\"", sentence_of([&] { ProcessPoolExecutor{options}; }));
  EXPECT_FALSE(has_children());
}

}  // namespace
