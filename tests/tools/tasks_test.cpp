// muster tasks, summary and deaths: what a pool has to do, has done, and has lost.

#include <signal.h>
#include <unistd.h>

#include <stdexcept>
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

const std::string kHostile = "</script>\x1b[31m\n\xff\"\\";
const std::string kHostileInJson = "</script>\x1b[31m\n\xef\xbf\xbd\"\\";

// A pool with one worker that runs "held" until the gate opens; `waiting` tasks wait behind it.
class HeldPool {
 public:
  HeldPool(const std::string& name, int waiting, const std::string& task = "waiting")
      : pool_({.max_workers = 1, .name = name}) {
    held_ = pool_.submit({.name = "held"}, [started = started_, gate = gate_] {
      started.open();
      gate.wait();
    });
    started_.wait();
    for (int i = 0; i < waiting; ++i) {
      tasks_.push_back(pool_.submit({.name = task}, [] {}));
    }
  }

  void finish() {
    gate_.open();
    for (auto& task : tasks_) task.result();
  }

 private:
  SharedGate started_;
  SharedGate gate_;
  ProcessPoolExecutor pool_;
  OpensAtExit open_{gate_};
  muster::Future<void> held_;
  std::vector<muster::Future<void>> tasks_;
};

Json document(std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  const auto end = run_tool(std::move(arguments));
  EXPECT_EQ(end.exit_code, 0) << end.err;
  return Json::parse(end.out);
}

TEST(Tasks, AreThoseThatHaveASlot) {
  const HeldPool pool("tasks-held", 3);
  const Json all = document({"tasks", "tasks-held"});
  EXPECT_EQ(all.at("schema"), 1);
  EXPECT_EQ(all.at("pool").at("name"), "tasks-held");
  EXPECT_EQ(all.at("more"), 0);
  EXPECT_EQ(all.at("behind"), 0);
  ASSERT_EQ(all.at("tasks").size(), 4U);
  const Json& oldest = all.at("tasks").at(0);
  EXPECT_EQ(oldest.at("name"), "held");
  EXPECT_EQ(oldest.at("state"), "running");
  EXPECT_EQ(oldest.at("worker"), 0);
  EXPECT_EQ(oldest.at("attempt"), 1);
  EXPECT_GT(oldest.at("run_seconds").get<double>(), 0.0);
  EXPECT_EQ(all.at("tasks").at(1).at("state"), "pending");
  EXPECT_EQ(all.at("tasks").at(1).at("worker"), nullptr);
}

TEST(Tasks, AreChosenByStateAndNameAndAge) {
  const HeldPool pool("tasks-chosen", 3, kHostile);
  EXPECT_EQ(document({"tasks", "tasks-chosen", "--state", "running"}).at("tasks").size(), 1U);
  EXPECT_EQ(document({"tasks", "tasks-chosen", "--state", "pending"}).at("tasks").size(), 3U);
  EXPECT_EQ(document({"tasks", "tasks-chosen", "--state", "ended"}).at("tasks").size(), 0U);
  EXPECT_EQ(document({"tasks", "tasks-chosen", "--name", "h?l*"}).at("tasks").size(), 1U);
  EXPECT_EQ(document({"tasks", "tasks-chosen", "--name", "*"}).at("tasks").size(), 4U);
  const Json hostile = document({"tasks", "tasks-chosen", "--name", "</script>*"});
  ASSERT_EQ(hostile.at("tasks").size(), 3U);
  EXPECT_EQ(hostile.at("tasks").at(0).at("name"), kHostileInJson);
  EXPECT_EQ(document({"tasks", "tasks-chosen", "--older-than", "2h"}).at("tasks").size(), 0U);
  const Json older = document({"tasks", "tasks-chosen", "--older-than", "1us"});
  EXPECT_EQ(older.at("tasks").size() + older.at("not_timed").get<std::size_t>(), 4U);
}

TEST(Tasks, SayHowManyMoreThereAre) {
  const HeldPool pool("tasks-many", 9000);  // more than there are slots
  const auto end = run_tool({"tasks", "tasks-many", "--limit", "5"});
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_TRUE(contains(end.out, " more match; --limit says how many are shown")) << end.out;
  EXPECT_TRUE(contains(end.out, " wait for a slot in the client's own memory")) << end.out;
  const Json cut = document({"tasks", "tasks-many", "--limit", "5"});
  EXPECT_EQ(cut.at("tasks").size(), 5U);
  EXPECT_EQ(cut.at("more").get<int>() + cut.at("behind").get<int>() + 5, 9001);
  EXPECT_GT(cut.at("behind"), 0);
}

TEST(Tasks, MayBeNone) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "tasks-none"});
  const auto end = run_tool({"tasks", "tasks-none"});
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.out, "no task that has a slot matches\n");
}

TEST(Summary, CountsTasksByName) {
  ProcessPoolExecutor pool({.max_workers = 2, .name = "summary"});
  for (int i = 0; i < 3; ++i) pool.submit({.name = "good"}, [] {}).result();
  pool.submit({.name = kHostile}, [] { throw std::runtime_error("no"); }).exception();
  const Json all = document({"summary", "summary"});
  ASSERT_EQ(all.at("tasks").size(), 2U);
  EXPECT_EQ(all.at("tasks").at(0).at("name"), "good");
  EXPECT_EQ(all.at("tasks").at(0).at("done"), 3);
  EXPECT_EQ(all.at("tasks").at(0).at("failed"), 0);
  EXPECT_EQ(all.at("tasks").at(1).at("name"), kHostileInJson);
  EXPECT_EQ(all.at("tasks").at(1).at("failed"), 1);
  EXPECT_EQ(all.at("more"), 0);

  const auto text = run_tool({"summary", "summary", "--limit", "1"});
  EXPECT_TRUE(contains(text.out, "1 name more; --limit says how many are shown")) << text.out;
  EXPECT_TRUE(contains(run_tool({"summary", "summary"}).out, "</script>?[31m??\"\\"));
}

TEST(Summary, MayBeOfNothing) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "summary-none"});
  EXPECT_EQ(run_tool({"summary", "summary-none"}).out, "no task has come to its end yet\n");
}

[[gnu::noinline]] void crash() {
  ::raise(SIGSEGV);
  asm volatile("");  // this frame stays
}

TEST(Deaths, AreToldWithABacktrace) {
  ProcessPoolExecutor pool(
      {.max_workers = 1, .name = "deaths-told", .on_worker_death = muster::OnWorkerDeath::replace});
  pool.submit({.name = kHostile}, [] { ::_exit(7); }).exception();
  pool.submit({.name = "crashes"}, [] { crash(); }).exception();
  const Json all = document({"deaths", "deaths-told"});
  EXPECT_EQ(all.at("count"), 2);
  ASSERT_EQ(all.at("deaths").size(), 2U);
  const Json& last = all.at("deaths").at(0);
  EXPECT_EQ(last.at("number"), 2);
  EXPECT_EQ(last.at("signal"), SIGSEGV);
  EXPECT_EQ(last.at("worker").at("index"), 0);
  EXPECT_EQ(last.at("task").at("name"), "crashes");
  EXPECT_TRUE(contains(last.at("backtrace").dump(), "crash()")) << last.dump(2);
  const Json& first = all.at("deaths").at(1);
  EXPECT_EQ(first.at("exit_code"), 7);
  EXPECT_EQ(first.at("task").at("name"), kHostileInJson);
  EXPECT_EQ(first.at("backtrace"), Json::array());

  const auto text = run_tool({"deaths", "deaths-told", "--last", "1"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_TRUE(contains(text.out, "was killed by SIGSEGV")) << text.out;
  EXPECT_TRUE(contains(text.out, "crash()")) << text.out;
  EXPECT_TRUE(contains(text.out, "1 of 2 deaths; --last says how many are shown")) << text.out;
  EXPECT_FALSE(contains(run_tool({"deaths", "deaths-told"}).out, "\x1b"));
}

TEST(Deaths, MayBeNone) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "deaths-none"});
  EXPECT_EQ(run_tool({"deaths", "deaths-none"}).out, "no worker has died\n");
}

TEST(Deaths, OfABrokenPoolAreTold) {
  ProcessPoolExecutor pool({.max_workers = 1, .name = "deaths-broken"});
  pool.submit({.name = "doomed"}, [] { ::raise(SIGKILL); }).exception();
  test_support::await_state("deaths-broken", "broken");
  const auto text = run_tool({"deaths", "deaths-broken"});
  EXPECT_TRUE(contains(text.out, "was killed by SIGKILL")) << text.out;
}

}  // namespace
