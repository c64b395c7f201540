// muster stack: where workers are at the moment.

#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "programs/stack_nest.hpp"
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

// A pool of one worker that runs stack_nest::outer().
class Busy {
 public:
  explicit Busy(const std::string& name)
      : pool_({.max_workers = 1, .name = name}),
        open_(gate_),
        task_(pool_.submit({.name = "the long one"}, stack_nest::outer, started_, gate_)) {
    started_.wait();
  }

  pid_t worker() { return pool_.worker_pids().at(0); }
  // That the task ends as it should.
  void end() {
    gate_.open();
    EXPECT_EQ(task_.result(), 3);
    EXPECT_EQ(pool_.stats().deaths, 0U);
  }

 private:
  SharedGate started_;
  SharedGate gate_;
  ProcessPoolExecutor pool_;
  OpensAtExit open_;
  muster::Future<int> task_;
};

std::string middle_line() {
  return fmt::format(
      "stack_nest::middle(test_support::SharedGate, test_support::SharedGate) at "
      "stack_nest.cpp:{}\n",
      stack_nest::kMiddleLine);
}

std::string outer_line() {
  return fmt::format(
      "stack_nest::outer(test_support::SharedGate, test_support::SharedGate) at "
      "stack_nest.cpp:{}\n",
      stack_nest::kOuterLine);
}

bool is_stopped(pid_t pid) {
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  return contains(std::string(std::istreambuf_iterator<char>(stat), {}), ") T ");
}

bool is_traced(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  return !contains(std::string(std::istreambuf_iterator<char>(status), {}), "\nTracerPid:\t0\n");
}

TEST(StackTool, NamesFunctionsFilesAndLines) {
  Busy busy("stack-busy");
  for (const std::string& worker : {std::string("0"), std::to_string(busy.worker())}) {
    const auto end = run_tool({"stack", "stack-busy", worker});
    EXPECT_EQ(end.exit_code, 0) << end.err;
    EXPECT_EQ(end.err, "");
    EXPECT_TRUE(end.out.starts_with(
        fmt::format("worker 0 (pid {}): running \"the long one\" (task ", busy.worker())))
        << end.out;
    EXPECT_TRUE(contains(end.out, "\n  #0  ")) << end.out;
    const std::size_t middle = end.out.find(middle_line());
    const std::size_t outer = end.out.find(outer_line());
    EXPECT_NE(middle, std::string::npos) << end.out;
    EXPECT_NE(outer, std::string::npos) << end.out;
    EXPECT_LT(middle, outer) << end.out;
  }
  busy.end();
}

TEST(StackTool, HasThemForPrograms) {
  Busy busy("stack-json");
  const auto end = run_tool({"stack", "stack-json", "0", "--json"});
  EXPECT_EQ(end.exit_code, 0) << end.err;
  const Json document = Json::parse(end.out);
  EXPECT_EQ(document.at("schema"), 1);
  EXPECT_EQ(document.at("pool").at("name"), "stack-json");
  ASSERT_EQ(document.at("workers").size(), 1U);
  const Json& worker = document.at("workers").at(0);
  EXPECT_EQ(worker.at("index"), 0);
  EXPECT_EQ(worker.at("pid"), busy.worker());
  EXPECT_EQ(worker.at("state"), "running");
  EXPECT_EQ(worker.at("task").at("name"), "the long one");
  EXPECT_EQ(worker.at("error"), nullptr);
  EXPECT_EQ(worker.at("stopped_seconds"), nullptr);
  ASSERT_EQ(worker.at("threads").size(), 1U);
  EXPECT_EQ(worker.at("threads").at(0).at("complete"), true);
  bool found = false;
  for (const Json& frame : worker.at("threads").at(0).at("frames")) {
    for (const Json& function : frame.at("functions")) {
      found = found || function.get<std::string>() + "\n" == outer_line();
    }
  }
  EXPECT_TRUE(found) << end.out;
  busy.end();
}

// A function whose locals are larger than what a worker copies of its stack.
__attribute__((noinline)) int wait_behind_much(SharedGate started, SharedGate gate) {
  volatile char much[200'000];
  much[0] = 1;
  started.open();
  gate.wait();
  return much[0];
}

TEST(StackTool, SaysWhereItsCopyOfTheStackEnds) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "stack-much"});
  const OpensAtExit open(gate);
  auto task = pool.submit(wait_behind_much, started, gate);
  started.wait();
  const auto asked = run_tool({"stack", "stack-much", "0"});
  EXPECT_EQ(asked.exit_code, 0) << asked.err;
  EXPECT_TRUE(contains(asked.out, "wait_behind_much")) << asked.out;
  EXPECT_TRUE(
      asked.out.ends_with("  (its callers lie beyond the 64 KiB of its stack that a worker "
                          "copies; with --ptrace it is a MiB)\n"))
      << asked.out;
  const auto document = run_tool({"stack", "stack-much", "0", "--json"});
  const Json worker = Json::parse(document.out).at("workers").at(0);
  EXPECT_EQ(worker.at("threads").at(0).at("complete"), false);
  const auto traced = run_tool({"stack", "stack-much", "0", "--ptrace"});
  EXPECT_TRUE(contains(traced.out, "main")) << traced.out;
  EXPECT_FALSE(contains(traced.out, "its callers")) << traced.out;
  gate.open();
  EXPECT_EQ(task.result(), 1);
}

__attribute__((noinline)) int wait_deep(int depth, SharedGate started, SharedGate gate) {
  volatile int at = depth;
  if (depth > 0) return at + wait_deep(depth - 1, started, gate);
  started.open();
  gate.wait();
  return at;
}

TEST(StackTool, SaysThatThereAreMoreCallersThanItTells) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "stack-deep"});
  const OpensAtExit open(gate);
  auto task = pool.submit(wait_deep, 400, started, gate);
  started.wait();
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{}, {"--ptrace"}}) {
    std::vector<std::string> arguments{"stack", "stack-deep", "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto end = run_tool(arguments);
    EXPECT_TRUE(contains(end.out, "\n  #255 ")) << end.out;
    EXPECT_TRUE(contains(end.out, "(its callers are left out: there are more than 256, "))
        << end.out;
  }
  gate.open();
  task.result();
}

// A fiber, on a stack that is part of other memory.
struct Fiber {
  SharedGate started;
  SharedGate gate;
  ucontext_t outside;
  ucontext_t inside;
};
Fiber* the_fiber = nullptr;

void wait_in_the_fiber() {
  the_fiber->started.open();
  the_fiber->gate.wait();
}

int run_a_fiber(SharedGate started, SharedGate gate) {
  static std::array<char, 65'536> stack;
  static std::array<char, 65'536> behind;
  behind[0] = 1;
  Fiber fiber{started, gate, {}, {}};
  the_fiber = &fiber;
  ::getcontext(&fiber.inside);
  fiber.inside.uc_stack.ss_sp = stack.data();
  fiber.inside.uc_stack.ss_size = stack.size();
  fiber.inside.uc_link = &fiber.outside;
  ::makecontext(&fiber.inside, wait_in_the_fiber, 0);
  ::swapcontext(&fiber.outside, &fiber.inside);
  return behind[0];
}

TEST(StackTool, SaysThatTheCallersOfAFiberCannotBeTold) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "stack-fiber"});
  const OpensAtExit open(gate);
  auto task = pool.submit(run_a_fiber, started, gate);
  started.wait();
  const auto asked = run_tool({"stack", "stack-fiber", "0"});
  EXPECT_EQ(asked.exit_code, 0) << asked.err;
  EXPECT_TRUE(contains(asked.out, "wait_in_the_fiber")) << asked.out;
  EXPECT_TRUE(contains(asked.out, "\n  (its callers cannot be told: ")) << asked.out;
  gate.open();
  EXPECT_EQ(task.result(), 1);
}

TEST(StackTool, ShowsThoseThatHaveRunForLong) {
  Busy busy("stack-stuck");
  const auto all = run_tool({"stack", "stack-stuck", "--stuck", "1us"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_TRUE(contains(all.out, outer_line())) << all.out;
  const auto none = run_tool({"stack", "stack-stuck", "--stuck", "5h"});
  EXPECT_EQ(none.exit_code, 0) << none.err;
  EXPECT_EQ(none.out, "no worker has run a task for 5h 00m and longer\n");
  busy.end();
}

TEST(StackTool, WantsToKnowWhichWorker) {
  Busy busy("stack-usage");
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"stack"},
                                             {"stack", "stack-usage"},
                                             {"stack", "stack-usage", "0", "--stuck", "1s"},
                                             {"stack", "stack-usage", "--stuck", "long"}}) {
    const auto end = run_tool(arguments);
    EXPECT_EQ(end.exit_code, 2) << end.err;
    EXPECT_EQ(end.out, "");
    EXPECT_NE(end.err, "");
  }
  busy.end();
}

TEST(StackTool, SaysThatThereIsNoSuchWorkerOrPool) {
  Busy busy("stack-none");
  for (const char* worker : {"1", "99999999", "-1", "zero", "99999999999999999999999"}) {
    const auto end = run_tool({"stack", "--", "stack-none", worker});
    EXPECT_EQ(end.exit_code, 3) << worker;
    EXPECT_TRUE(contains(end.err, fmt::format("has no worker {}", worker))) << end.err;
  }
  EXPECT_EQ(run_tool({"stack", "no such pool", "0"}).exit_code, 3);
  busy.end();
}

TEST(StackTool, SaysThatAWorkerIsStoppedAndReadsItFromOutside) {
  Busy busy("stack-stopped");
  ::kill(busy.worker(), SIGSTOP);
  while (!is_stopped(busy.worker())) std::this_thread::yield();
  const auto asked = run_tool({"stack", "stack-stopped", "0"});
  EXPECT_EQ(asked.exit_code, 1);
  EXPECT_EQ(asked.out, "");
  EXPECT_TRUE(contains(asked.err, "is stopped")) << asked.err;
  EXPECT_TRUE(contains(asked.err, "--ptrace")) << asked.err;
  const auto traced = run_tool({"stack", "stack-stopped", "0", "--ptrace"});
  EXPECT_EQ(traced.exit_code, 0) << traced.err;
  EXPECT_TRUE(contains(traced.out, outer_line())) << traced.out;
  // As it was; the kernel stops it anew, which is not done yet when it is let go.
  while (!is_stopped(busy.worker())) std::this_thread::yield();
  ::kill(busy.worker(), SIGCONT);
  busy.end();
}

TEST(StackTool, SaysThatATaskBlocksTheSignal) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "stack-blocked"});
  const OpensAtExit open(gate);
  auto task = pool.submit([started, gate] {
    sigset_t urgent;
    ::sigemptyset(&urgent);
    ::sigaddset(&urgent, SIGURG);
    ::sigprocmask(SIG_BLOCK, &urgent, nullptr);
    started.open();
    gate.wait();
  });
  started.wait();
  const auto asked = run_tool({"stack", "stack-blocked", "0", "--json"});
  EXPECT_EQ(asked.exit_code, 1);
  const Json worker = Json::parse(asked.out).at("workers").at(0);
  EXPECT_TRUE(contains(worker.at("error"), "has blocked SIGURG")) << asked.out;
  EXPECT_TRUE(worker.at("threads").empty());
  EXPECT_EQ(run_tool({"stack", "stack-blocked", "0", "--ptrace"}).exit_code, 0);
}

TEST(StackTool, SaysThatAWorkerIsDead) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "stack-dead"});
  pool.submit([] { ::raise(SIGKILL); }).exception();
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"stack", "stack-dead", "0"}, {"stack", "stack-dead", "0", "--ptrace"}}) {
    const auto end = run_tool(arguments);
    EXPECT_EQ(end.exit_code, 1);
    EXPECT_EQ(end.out, "");
    EXPECT_TRUE(contains(end.err, "worker 0 is not running")) << end.err;
  }
}

TEST(StackTool, ReadsAllThreadsFromOutsideAndLetsThemGoOn) {
  const SharedGate started;
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "stack-threads"});
  const OpensAtExit open(gate);
  auto task = pool.submit([started, gate] {
    std::thread other([gate] { gate.wait(); });
    const int result = stack_nest::outer(started, gate);
    other.join();
    return result;
  });
  started.wait();
  for (int i = 0; i < 10; ++i) {
    const auto end = run_tool({"stack", "stack-threads", "0", "--ptrace", "--json"});
    ASSERT_EQ(end.exit_code, 0) << end.err;
    EXPECT_TRUE(contains(end.err, "was stopped for")) << end.err;
    const Json worker = Json::parse(end.out).at("workers").at(0);
    ASSERT_EQ(worker.at("threads").size(), 2U);
    EXPECT_EQ(worker.at("threads").at(0).at("id"), worker.at("pid"));
    EXPECT_TRUE(contains(worker.at("threads").at(0).dump(), "stack_nest::outer"));
    EXPECT_TRUE(contains(worker.at("threads").at(1).dump(), "wait"));
    EXPECT_GE(worker.at("stopped_seconds").get<double>(), 0.0);
    test_support::Watchdog::progress();
  }
  gate.open();
  EXPECT_EQ(task.result(), 3);
  EXPECT_EQ(pool.stats().deaths, 0U);
}

// Wherever the tool is stopped or killed, the pool goes on.
TEST(StackTool, StopsNobodyWhereItIsItselfStoppedOrKilled) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "stack-midway"});
  for (const bool traces : {false, true}) {
    for (int i = 0; i < 40; ++i) {
      std::vector<std::string> arguments{"stack", "stack-midway", "0"};
      if (traces) arguments.emplace_back("--ptrace");
      test_support::Program tool(test_support::kTool, arguments);
      // At another place of its way each time.
      for (int k = 0; k < i * 20; ++k) pool.submit([] {}).result();
      ::kill(tool.pid(), SIGSTOP);
      for (int k = 0; k < 10; ++k) EXPECT_EQ(pool.submit([] { return 7; }).result(), 7);
      ::kill(tool.pid(), SIGKILL);
      EXPECT_EQ(pool.submit([] { return 7; }).result(), 7);
      test_support::Watchdog::progress();
    }
  }
  EXPECT_EQ(pool.stats().deaths, 0U);
}

TEST(StackTool, IsStoppedWhileItTracesAndTheWorkerGoesOn) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "stack-traced"});
  pool.submit([] {}).result();
  const pid_t worker = pool.worker_pids().at(0);
  for (int i = 0; i < 20; ++i) {
    test_support::Program tool(test_support::kTool, {"stack", "stack-traced", "0", "--ptrace"});
    while (test_support::is_running(tool.pid()) && !is_traced(worker)) {
    }
    ::kill(tool.pid(), SIGSTOP);
    for (int k = 0; k < 10; ++k) EXPECT_EQ(pool.submit([] { return 7; }).result(), 7);
    // Nobody is left who would stop it later.
    while (is_traced(worker)) std::this_thread::yield();
    ::kill(tool.pid(), SIGCONT);
    const auto end = tool.wait();
    EXPECT_EQ(end.exit_code, 0) << end.err;
    test_support::Watchdog::progress();
  }
  EXPECT_EQ(pool.stats().deaths, 0U);
}

TEST(StackTool, LeavesNoProcessWhereItIsKilledWhileItTraces) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "stack-killed"});
  pool.submit([] {}).result();
  const pid_t worker = pool.worker_pids().at(0);
  for (int i = 0; i < 20; ++i) {
    test_support::Program tool(test_support::kTool, {"stack", "stack-killed", "0", "--ptrace"});
    while (test_support::is_running(tool.pid()) && !is_traced(worker)) {
    }
    ::kill(tool.pid(), SIGKILL);
    // Whoever it has left behind holds its output, and lets go of the worker after that.
    (void)tool.wait();
    while (is_traced(worker)) std::this_thread::yield();
    EXPECT_EQ(pool.submit([] { return 7; }).result(), 7);
    test_support::Watchdog::progress();
  }
  EXPECT_EQ(pool.stats().deaths, 0U);
}

}  // namespace
