// muster show: one pool and its workers.

#include <unistd.h>

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

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
  const Json& runs = worker.at("task");
  EXPECT_EQ(runs.at("name"), "the long one");
  EXPECT_TRUE(runs.at("id").is_number());
  EXPECT_GE(runs.at("run_seconds").get<double>(), 0.0);
  EXPECT_EQ(runs.at("progress"), Json({{"done", 3}, {"total", 10}}));

  const auto text = run_tool({"show", "show-busy"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_TRUE(contains(text.out, "show-busy: running")) << text.out;
  EXPECT_TRUE(contains(text.out, "1 queued, 1 running")) << text.out;
  const auto row = test_support::row_with(text.out, 1, worker.at("pid").dump());
  ASSERT_EQ(row.size(), 11U) << text.out;  // the run time is two words, the task's name three
  EXPECT_EQ(row[0], "0");
  EXPECT_EQ(row[2], "running");
  EXPECT_EQ(row[5], "3");
  EXPECT_EQ(row[6], "0");
  EXPECT_EQ(row[7], runs.at("id").dump());
  EXPECT_EQ(row[8] + " " + row[9] + " " + row[10], "the long one");
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
  EXPECT_EQ(worker.at("state"), "idle");
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
  const auto end = test_support::run_tool_in("another-user", {"show", theirs});
  EXPECT_EQ(end.exit_code, 4);
  EXPECT_EQ(end.out, "");
  EXPECT_TRUE(contains(end.err, "belongs to another user (uid 0)")) << end.err;
}

TEST(Tool, SaysHowItIsUsed) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {}, {"show"}, {"no-such"}, {"ls", "--no-such"}, {"ls", "too", "many"}}) {
    const auto end = run_tool(arguments);
    EXPECT_EQ(end.exit_code, 2);
    EXPECT_EQ(end.out, "");
    EXPECT_NE(end.err, "");
  }
  EXPECT_EQ(run_tool({"--help"}).exit_code, 0);
  EXPECT_TRUE(contains(run_tool({"--version"}).out, "muster 0."));
}

}  // namespace
