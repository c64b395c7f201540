// muster show: one pool and its workers.

#include <signal.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "tools/status_tool.hpp"

namespace {

using muster::ProcessPoolExecutor;
using test_support::contains;
using test_support::Json;
using test_support::OpensAtExit;
using test_support::run_tool;
using test_support::SharedGate;
using test_support::shown;

TEST(Show, SaysWhatAWorkerRuns) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "show-busy"});
  const OpensAtExit open(gate);
  for (int i = 0; i < 3; ++i) pool.submit([] {}).result();
  auto task = pool.submit({.name = "the long one"}, [started, gate] {
    muster::this_task::set_progress(3, 10);
    started.open();
    gate.wait();
  });
  auto waits = pool.submit([] {});
  started.wait();

  const Json found = shown("show-busy");
  EXPECT_EQ(found.at("client").at("pid"), ::getpid());
  EXPECT_EQ(found.at("queued"), 1);
  ASSERT_EQ(found.at("workers").size(), 1U);
  const Json& worker = found.at("workers").at(0);
  EXPECT_EQ(worker.at("index"), 0);
  EXPECT_EQ(worker.at("pid"), pool.worker_pids().at(0));
  EXPECT_EQ(worker.at("state"), "running");
  EXPECT_EQ(worker.at("tasks_done"), 3);
  EXPECT_EQ(worker.at("deaths"), 0);
  EXPECT_EQ(worker.at("stuck"), false);
  EXPECT_GT(worker.at("rss_bytes").get<std::uint64_t>(), 0U);
  EXPECT_GE(worker.at("cpu").get<double>(), 0.0);
  EXPECT_EQ(found.at("slots").at("running"), 1);
  EXPECT_EQ(found.at("slots").at("pending"), 1);
  const Json& runs = worker.at("task");
  EXPECT_EQ(runs.at("name"), "the long one");
  EXPECT_TRUE(runs.at("id").is_number());
  EXPECT_GE(runs.at("run_seconds").get<double>(), 0.0);
  EXPECT_EQ(runs.at("progress"), Json({{"done", 3}, {"total", 10}}));

  const auto text = run_tool({"show", "show-busy"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_TRUE(contains(text.out, "show-busy: ok")) << text.out;
  EXPECT_TRUE(contains(text.out, "1 queued, 1 running")) << text.out;
  const auto row = test_support::row_with(text.out, 1, worker.at("pid").dump());
  // The run time and sizes are two words each, the task's name three.
  ASSERT_EQ(row.size(), 18U) << text.out;
  EXPECT_EQ(row[0], "0");
  EXPECT_EQ(row[2], "running");
  EXPECT_EQ(row[5], "1");
  EXPECT_EQ(row[6], "30%");
  EXPECT_EQ(row[12], "3");
  EXPECT_EQ(row[13], "0");
  EXPECT_EQ(row[14], runs.at("id").dump());
  EXPECT_EQ(row[15] + " " + row[16] + " " + row[17], "the long one");
}

int wait_at(SharedGate started, SharedGate gate) {
  started.open();
  gate.wait();
  return 0;
}

TEST(Show, CallsATaskAfterItsFunctionWhereItHasNoName) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "show-function"});
  const OpensAtExit open(gate);
  auto task = pool.submit(wait_at, started, gate);
  started.wait();
  const Json worker = shown("show-function").at("workers").at(0);
  EXPECT_EQ(worker.at("task").at("name"), "(anonymous namespace)::wait_at");
}

TEST(Show, SaysThatAWorkerIsIdle) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "show-idle"});
  pool.submit([] {}).result();
  const Json worker = shown("show-idle").at("workers").at(0);
  EXPECT_TRUE(worker.at("state") == "idle" || worker.at("state") == "parked") << worker;
  EXPECT_EQ(worker.at("task"), nullptr);
}

TEST(Show, CountsTheDeathsOfAReplacedWorker) {
  ProcessPoolExecutor pool({.max_workers = 1,
                            .name = "show-replaced",
                            .on_worker_death = muster::OnWorkerDeath::replace});
  pool.submit([] { ::_exit(3); }).exception();
  pool.submit([] {}).result();  // by the replacement
  const Json found = shown("show-replaced");
  EXPECT_EQ(found.at("deaths"), 1);
  EXPECT_EQ(found.at("restarts"), 1);
  EXPECT_EQ(found.at("workers_alive"), 1);
  EXPECT_EQ(found.at("workers").at(0).at("deaths"), 1);
}

TEST(Show, FindsAPoolByAnyOfItsProcesses) {
  test_support::Program client("tests/tools/programs/client", {"by-pid"});
  ASSERT_EQ(client.read_line(), "ready");
  const Json by_client = shown(std::to_string(client.pid()));
  EXPECT_EQ(by_client.at("name"), "by-pid");
  EXPECT_EQ(shown(by_client.at("supervisor_pid").dump()).at("name"), "by-pid");
  for (const Json& worker : by_client.at("workers")) {
    EXPECT_EQ(shown(worker.at("pid").dump()).at("name"), "by-pid");
  }
}

TEST(Show, FindsAPoolWhoseNameIsANumber) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "4194305"});  // no process has it
  EXPECT_EQ(shown("4194305").at("client").at("pid"), ::getpid());
}

TEST(Show, SaysThatThereIsNoSuchPool) {
  for (const char* words : {"no such pool", "0", "-7", "4194306", "99999999999999999999", ""}) {
    const auto end = run_tool({"show", "--json", "--", words});
    EXPECT_EQ(end.exit_code, 3) << words;
    EXPECT_EQ(end.out, "");
    EXPECT_TRUE(contains(end.err, "this user has no pool \"" + std::string(words) + "\""))
        << end.err;
  }
}

TEST(Show, SaysThatAProcessHasNoPool) {
  const auto end = run_tool({"show", std::to_string(::getpid())});
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_TRUE(contains(end.err, "(show_test) has no pool")) << end.err;
}

TEST(Show, SaysThatAProcessIsAnotherUsers) {
  const bool root = ::geteuid() == 0;
  const std::string theirs = std::to_string(root ? ::getpid() : 1);
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"show", theirs}, {"show", theirs, "--all-users"}}) {
    const auto end = test_support::run_tool_in("another-user", arguments);
    EXPECT_EQ(end.exit_code, 4);
    EXPECT_EQ(end.out, "");
    EXPECT_TRUE(contains(end.err, "belongs to another user (uid 0)")) << end.err;
  }
}

TEST(Show, CallsAWorkerStuckThatRunsOneTaskForTooLong) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "show-stuck"});
  const OpensAtExit open(gate);
  auto task = pool.submit({.name = "long"}, wait_at, started, gate);
  started.wait();
  const auto end = run_tool({"show", "show-stuck", "--stuck-after", "1us"});
  EXPECT_TRUE(contains(end.out, "  stuck  ")) << end.out;
  const auto document = run_tool({"show", "show-stuck", "--stuck-after", "1us", "--json"});
  const Json worker = Json::parse(document.out).at("pool").at("workers").at(0);
  EXPECT_EQ(worker.at("state"), "running");
  EXPECT_EQ(worker.at("stuck"), true);
  EXPECT_EQ(shown("show-stuck").at("workers").at(0).at("stuck"), false);
}

TEST(Show, SaysThatAWorkerIsStopped) {
  ProcessPoolExecutor pool({.max_workers = 2, .name = "show-stopped"});
  pool.submit([] {}).result();
  const pid_t pid = pool.worker_pids().at(1);
  ::kill(pid, SIGSTOP);
  test_support::await_state("show-stopped", "degraded");
  EXPECT_EQ(shown("show-stopped").at("workers").at(1).at("state"), "stopped");
  ::kill(pid, SIGCONT);
}

TEST(Show, TellsOfFailuresAndTheLastDeath) {
  ProcessPoolExecutor pool({.max_workers = 1,
                            .name = "show-failures",
                            .on_worker_death = muster::OnWorkerDeath::replace});
  for (int i = 0; i < 3; ++i) {
    pool.submit({.name = "load"}, [] { throw std::runtime_error("no \x1b[1m file"); }).exception();
  }
  pool.submit({.name = "doomed"}, [] { ::_exit(3); }).exception();
  const auto end = run_tool({"show", "show-failures"});
  EXPECT_TRUE(contains(end.out, "failures 3 x load: std::runtime_error: no ?[1m file")) << end.out;
  EXPECT_TRUE(contains(end.out, "ended with exit code 3 while running \"doomed\"")) << end.out;
  const Json found = shown("show-failures");
  EXPECT_EQ(found.at("failures").at(0).at("count"), 3);
  EXPECT_EQ(found.at("last_death").at("exit_code"), 3);
}

TEST(Show, SaysWhatTheInitializerThrewThatBrokeThePool) {
  ProcessPoolExecutor pool({.max_workers = 2, .name = "show-initializer", .initializer = [] {
                              throw std::runtime_error("no \x1b[1m licence\n");
                            }});
  test_support::await_state("show-initializer", "broken");
  const auto end = run_tool({"show", "show-initializer"});
  EXPECT_TRUE(contains(end.out, "show-initializer: broken")) << end.out;
  EXPECT_TRUE(contains(end.out,
                       "\nbroken   the pool broke because its initializer threw "
                       "std::runtime_error: no ?[1m licence?\n"))
      << end.out;
  EXPECT_EQ(
      shown("show-initializer").at("why_broken"),
      "the pool broke because its initializer threw std::runtime_error: no \x1b[1m licence\n");
}

TEST(Show, SaysOnceWhichDeathBrokeThePool) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "show-broken"});
  pool.submit({.name = "doomed"}, [] { ::_exit(3); }).exception();
  const auto end = run_tool({"show", "show-broken"});
  EXPECT_FALSE(contains(end.out, "\nbroken ")) << end.out;
  EXPECT_TRUE(contains(end.out, "\ndeath    worker 0 (pid ")) << end.out;
  const Json found = shown("show-broken");
  EXPECT_EQ(found.at("why_broken"), found.at("last_death").at("sentence"));
}

// A death long before, that the pool got over, is not why.
TEST(Show, SaysThatThePoolBrokeWithItsSupervisor) {
  ProcessPoolExecutor pool(
      {.max_workers = 1, .name = "show-alone", .on_worker_death = muster::OnWorkerDeath::replace});
  pool.submit({.name = "doomed"}, [] { ::_exit(3); }).exception();
  const pid_t supervisor = pool.submit([] { return ::getppid(); }).result();
  ASSERT_EQ(::kill(supervisor, SIGKILL), 0);
  test_support::await_state("show-alone", "broken");
  const std::string why =
      "its supervisor (pid " + std::to_string(supervisor) + ") ended, and the workers with it";
  EXPECT_EQ(shown("show-alone").at("why_broken"), why);
  const auto end = run_tool({"show", "show-alone"});
  EXPECT_TRUE(contains(end.out, "\nbroken   " + why + "\n")) << end.out;
  EXPECT_TRUE(contains(end.out, "\ndeath    worker 0 (pid ")) << end.out;
}

TEST(Show, RepeatsUntilItIsInterrupted) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "show-again"});
  test_support::Program tool(test_support::kTool,
                             {"show", "show-again", "--json", "--interval", "20ms"});
  for (int i = 0; i < 3; ++i) {
    const Json line = Json::parse(tool.read_line());
    EXPECT_EQ(line.at("schema"), 1);
    EXPECT_EQ(line.at("pool").at("name"), "show-again");
  }
  ::kill(tool.pid(), SIGINT);
  EXPECT_EQ(tool.wait().exit_code, 0);
}

TEST(Show, EndsWithThePool) {
  test_support::Program client("tests/tools/programs/client", {"show-ending"});
  ASSERT_EQ(client.read_line(), "ready");
  test_support::Program tool(
      test_support::kTool, {"show", std::to_string(client.pid()), "--json", "--interval", "20ms"});
  EXPECT_EQ(Json::parse(tool.read_line()).at("pool").at("state"), "ok");
  ::kill(client.pid(), SIGKILL);
  client.wait();
  const auto end = tool.wait();
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_TRUE(contains(end.err, "pool \"show-ending\" has ended")) << end.err;
}

TEST(Show, FindsAPoolByTheBeginningOfItsId) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "show-by-id"});
  const std::string id = shown("show-by-id").at("id");
  EXPECT_EQ(shown(id.substr(0, 8)).at("name"), "show-by-id");
  EXPECT_EQ(shown(id).at("name"), "show-by-id");
}

TEST(Show, LooksAtAPoolOfAnotherUserWhereItMay) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may";
  test_support::Program client(
      "tests/tools/programs/run_in",
      {"another-user", std::string(MUSTER_TEST_PROGRAMS) + "/tests/tools/programs/client",
       "theirs"});
  ASSERT_EQ(client.read_line(), "ready");
  const std::string pid = std::to_string(client.pid());
  const auto refused = run_tool({"show", pid});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_TRUE(contains(refused.err, "belongs to another user")) << refused.err;
  const auto shown = run_tool({"show", pid, "--all-users", "--json"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(Json::parse(shown.out).at("pool").at("name"), "theirs");
}

}  // namespace
