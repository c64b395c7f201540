// muster check: a line and an exit code.

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/inspect.hpp>
#include <muster/muster.hpp>

#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "tools/made_memory.hpp"
#include "tools/status_tool.hpp"

namespace {

using muster::ProcessPoolExecutor;
using test_support::contains;
using test_support::Json;
using test_support::OpensAtExit;
using test_support::run_tool;
using test_support::SharedGate;

// Whatever it says is one line on standard output.
test_support::ProgramEnd check(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "check");
  auto end = run_tool(std::move(arguments));
  EXPECT_EQ(std::count(end.out.begin(), end.out.end(), '\n'), 1) << end.out;
  EXPECT_EQ(end.err, "");
  return end;
}

TEST(Check, IsFineWhereThePoolIs) {
  ProcessPoolExecutor pool({.max_workers = 2, .name = "check|\nok"});
  pool.submit([] {}).result();
  const auto end = check({"check|\nok", "--max-queue", "0", "--max-age", "1h", "--max-stuck", "0",
                          "--max-deaths", "0"});
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.out.find("OK - pool \"check/?ok\" is ok: 2 of 2 workers alive, 0 queued, 0 running"
                         " | queued=0;;0 running=0 workers=2 stuck=0;;0 deaths=0;;0 failed=0c"),
            0U)
      << end.out;
}

TEST(Check, FindsWhatIsBeyondALimit) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "check-limits"});
  const OpensAtExit open(gate);
  auto held = pool.submit([started, gate] {
    started.open();
    gate.wait();
  });
  started.wait();
  auto one = pool.submit([] {});
  auto two = pool.submit([] {});
  EXPECT_EQ(check({"check-limits"}).exit_code, 0);
  EXPECT_EQ(check({"check-limits", "--max-queue", "2"}).exit_code, 0);
  const auto queue = check({"check-limits", "--max-queue", "1"});
  EXPECT_EQ(queue.exit_code, 1);
  EXPECT_EQ(queue.out.find("WARNING - pool \"check-limits\" is ok: 2 tasks queued, at most 1 "), 0U)
      << queue.out;
  EXPECT_EQ(check({"check-limits", "--max-stuck", "0"}).exit_code, 0);
  const auto stuck = check({"check-limits", "--max-stuck", "0", "--stuck-after", "1us"});
  EXPECT_EQ(stuck.exit_code, 1);
  EXPECT_TRUE(contains(stuck.out, "1 worker is for more than")) << stuck.out;
  const auto age = check({"check-limits", "--max-age", "1us"});
  EXPECT_EQ(age.exit_code, 1);
  EXPECT_TRUE(contains(age.out, "a task has waited for ")) << age.out;
}

TEST(Check, FindsThatAPoolDoesNotGetReady) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "check-starting", .initializer = [=] {
                              started.open();
                              gate.wait();
                            }});
  const OpensAtExit open(gate);
  started.wait();
  const auto early = check({"check-starting"});
  EXPECT_EQ(early.exit_code, 0);
  EXPECT_EQ(early.out.find("OK - pool \"check-starting\" is starting: "), 0U) << early.out;
  const auto late = check({"check-starting", "--stuck-after", "1us"});
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_EQ(late.out.find("WARNING - pool \"check-starting\" is starting: 1 worker is starting for "
                          "more than 1.0 us"),
            0U)
      << late.out;
}

TEST(Check, IsFineWhereTheProgramHasShutThePoolDown) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "check-shutdown"});
  const OpensAtExit open(gate);
  auto held = pool.submit([started, gate] {
    started.open();
    gate.wait();
  });
  started.wait();
  pool.shutdown({.wait = false});
  test_support::await_state("check-shutdown", "shutdown");
  const auto ending = check({"check-shutdown"});
  EXPECT_EQ(ending.exit_code, 0);
  EXPECT_TRUE(contains(ending.out, "is shutdown: 1 of 1 workers alive")) << ending.out;
  gate.open();
  held.result();
  pool.shutdown();
  EXPECT_EQ(test_support::listed_once("check-shutdown").at("state"), "closed");
  EXPECT_EQ(check({"check-shutdown"}).exit_code, 0);
}

TEST(Check, FindsThatAPoolIsBroken) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "check-broken"});
  pool.submit({.name = "doomed"}, [] { ::raise(SIGKILL); }).exception();
  test_support::await_state("check-broken", "broken");
  const auto end = check({"check-broken"});
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_TRUE(contains(end.out, "WARNING - pool \"check-broken\" is broken: ")) << end.out;
  const auto document = run_tool({"check", "check-broken", "--json"});
  EXPECT_EQ(document.exit_code, 1);
  const Json json = Json::parse(document.out);
  EXPECT_EQ(json.at("ok"), false);
  EXPECT_EQ(json.at("findings").size(), 1U);
}

TEST(Check, SaysWhatTheInitializerThrewThatBrokeThePool) {
  ProcessPoolExecutor pool({.max_workers = 2, .name = "check-initializer", .initializer = [] {
                              throw std::runtime_error("no licence|\nfor this machine");
                            }});
  test_support::await_state("check-initializer", "broken");
  const auto end = check({"check-initializer"});
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_EQ(end.out.find(
                "WARNING - pool \"check-initializer\" is broken: the pool broke because its "
                "initializer threw std::runtime_error: no licence/?for this machine | queued=0 "),
            0U)
      << end.out;
}

TEST(Check, FindsThatAWorkerIsStopped) {
  ProcessPoolExecutor pool({.max_workers = 2, .name = "check-degraded"});
  pool.submit([] {}).result();
  const pid_t pid = pool.worker_pids().at(1);
  ::kill(pid, SIGSTOP);
  test_support::await_state("check-degraded", "degraded");
  const auto end = check({"check-degraded"});
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_TRUE(contains(end.out, "is degraded: 2 of 2 workers alive, 1 stopped")) << end.out;
  ::kill(pid, SIGCONT);
}

TEST(Check, FindsThatTheSupervisorIsStopped) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "check-supervisor"});
  pool.submit([] {}).result();
  const muster::PoolInfo info = muster::PoolInspector("check-supervisor").look();
  ::kill(info.supervisor_pid, SIGSTOP);
  while (!muster::PoolInspector("check-supervisor").look().supervisor_stopped) {
    std::this_thread::yield();
  }
  const auto end = check({"check-supervisor"});
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_TRUE(
      contains(end.out, "its supervisor (pid " + std::to_string(info.supervisor_pid) + ") stopped"))
      << end.out;
  EXPECT_TRUE(contains(run_tool({"show", "check-supervisor"}).out, "(stopped)"));
  ::kill(info.supervisor_pid, SIGCONT);
}

TEST(Check, SaysWhyItDoesNotKnow) {
  const auto none = check({"no such pool"});
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_TRUE(contains(none.out, "UNKNOWN - this user has no pool")) << none.out;

  auto bytes = test_support::header_bytes(test_support::small_geometry());
  bytes[offsetof(muster::detail::PoolHeader, version)] ^= std::byte{1};
  const auto memory = test_support::make_memory("muster:check-future:tasks", bytes,
                                                test_support::small_geometry().tasks_bytes());
  const auto future = check({"check-future"});
  EXPECT_EQ(future.exit_code, 5);
  EXPECT_TRUE(contains(future.out, "UNKNOWN - ")) << future.out;
}

TEST(Check, MayNotLookAtPoolsOfOthers) {
  const std::string theirs = std::to_string(::geteuid() == 0 ? ::getpid() : 1);
  const auto end = test_support::run_tool_in("another-user", {"check", theirs});
  EXPECT_EQ(end.exit_code, 4);
  EXPECT_TRUE(contains(end.out, "UNKNOWN - ")) << end.out;
}

}  // namespace
