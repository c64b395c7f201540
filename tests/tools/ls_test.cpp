// muster ls: the pools of this user.

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
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
using test_support::listed;
using test_support::listed_once;
using test_support::OpensAtExit;
using test_support::run_tool;
using test_support::SharedGate;

TEST(Ls, CountsTheTasksOfABusyPool) {
  const SharedGate gate;
  ProcessPoolExecutor pool({.max_workers = 2, .name = "busy"});
  const OpensAtExit open(gate);
  pool.submit([] {}).result();
  pool.submit([] { throw std::runtime_error("no"); }).exception();
  const test_support::SharedCounter running;
  std::vector<muster::Future<void>> tasks;
  for (int i = 0; i < 5; ++i) {
    tasks.push_back(pool.submit([running, gate] {
      running.add();
      gate.wait();
    }));
  }
  running.wait_at_least(2);
  EXPECT_TRUE(tasks.back().cancel());

  const Json found = listed_once("busy");
  EXPECT_EQ(found.at("state"), "ok");
  EXPECT_EQ(found.at("client").at("command"), "ls_test");
  EXPECT_EQ(found.at("workers_alive"), 2);
  EXPECT_EQ(found.at("worker_limit"), 2);
  EXPECT_EQ(found.at("submitted"), 7);
  EXPECT_EQ(found.at("queued"), 2);
  EXPECT_EQ(found.at("running"), 2);
  EXPECT_EQ(found.at("finished"), 1);
  EXPECT_EQ(found.at("failed"), 1);
  EXPECT_EQ(found.at("cancelled"), 1);
  EXPECT_EQ(found.at("deaths"), 0);
  EXPECT_EQ(found.at("behind"), 0);
  EXPECT_EQ(found.at("done_per_second"), 0.0);
  EXPECT_EQ(found.at("run_time").at("count"), 2);
  EXPECT_EQ(found.at("id").get<std::string>().size(), 16U);
  EXPECT_GT(found.at("age_seconds").get<double>(), 0.0);
  EXPECT_GT(found.at("shared_memory_bytes").get<std::uint64_t>(), 0U);
  std::string shape = found.at("created");
  std::replace_if(
      shape.begin(), shape.end(), [](char c) { return c >= '0' && c <= '9'; }, '9');
  EXPECT_EQ(shape, "9999-99-99T99:99:99.999999Z");
}

TEST(Ls, PrintsARowForAPool) {
  ProcessPoolExecutor pool({.max_workers = 3, .name = "table"});
  pool.submit([] {}).result();
  const auto end = run_tool({"ls"});
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.out.find("NAME"), 0U) << end.out;
  auto row = test_support::row_with(end.out, 2, std::to_string(::getpid()));
  ASSERT_GT(row.size(), 9U) << end.out;
  EXPECT_EQ(row[1], listed_once("table").at("id").get<std::string>().substr(0, 8));
  row.erase(row.begin() + 1);
  row.resize(8);  // what follows are times
  EXPECT_EQ(row, (std::vector<std::string>{"table", std::to_string(::getpid()), "ls_test", "ok",
                                           "3/3", "0", "0", "0.0"}));
}

TEST(Ls, LeavesThePoolAtWork) {
  ProcessPoolExecutor pool({.max_workers = 2, .name = "untouched"});
  std::vector<muster::Future<int>> tasks;
  for (int i = 0; i < 20; ++i) {
    for (int k = 0; k < 1000; ++k) tasks.push_back(pool.submit([](int n) { return n + 1; }, k));
    ASSERT_EQ(listed_once("untouched").at("state"), "ok");
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    ASSERT_EQ(tasks[i].result(), static_cast<int>(i % 1000) + 1);
  }
  EXPECT_EQ(pool.stats().deaths, 0U);
  EXPECT_EQ(listed_once("untouched").at("finished"), tasks.size());
}

TEST(Ls, NamesEachStateOfAPool) {
  const SharedGate last;
  ProcessPoolExecutor pool({.max_workers = 1, .name = "states"});
  const OpensAtExit open(last);
  auto task = pool.submit([last] { last.wait(); });
  EXPECT_EQ(listed_once("states").at("state"), "ok");
  pool.shutdown({.wait = false});
  EXPECT_EQ(listed_once("states").at("state"), "shutdown");
  last.open();
  pool.shutdown();
  const Json closed = listed_once("states");
  EXPECT_EQ(closed.at("state"), "closed");
  EXPECT_EQ(closed.at("workers_alive"), 0);
  EXPECT_EQ(closed.at("supervisor_pid"), nullptr);
}

TEST(Ls, ForgetsAPoolWithItsObject) {
  { ProcessPoolExecutor pool({.max_workers = 1, .name = "brief"}); }
  EXPECT_TRUE(listed(test_support::list(), "brief").empty());
}

TEST(Ls, ShowsAPoolThatADeathBroke) {
  ProcessPoolExecutor pool({.max_workers = 2, .name = "broken"});
  pool.submit([] { ::raise(SIGKILL); }).exception();
  const Json found = test_support::await_state("broken", "broken");
  EXPECT_EQ(found.at("deaths"), 1);
  EXPECT_EQ(found.at("workers_alive"), 0);
}

TEST(Ls, DoesNotBelieveTheFactsOfADeadSupervisor) {
  ProcessPoolExecutor pool({.max_workers = 2, .name = "headless"});
  pool.submit([] {}).result();
  ::kill(listed_once("headless").at("supervisor_pid").get<pid_t>(), SIGKILL);
  test_support::await_state("headless", "broken");
  // That look may have begun while the supervisor was ending.
  const Json found = listed_once("headless");
  EXPECT_EQ(found.at("workers_alive"), 0);
  EXPECT_EQ(found.at("supervisor_pid"), nullptr);
}

TEST(Ls, ForgetsAPoolWhoseClientWasKilled) {
  test_support::Program client("tests/tools/programs/client", {"killed"});
  ASSERT_EQ(client.read_line(), "ready");
  EXPECT_EQ(listed_once("killed", client.pid()).at("workers_alive"), 2);
  ::kill(client.pid(), SIGKILL);
  client.wait();  // for the supervisor and the workers, too
  EXPECT_TRUE(listed(test_support::list(), "killed", client.pid()).empty());
}

TEST(Ls, ReplacesWhatATerminalWouldActOn) {
  const std::string name = "red \x1b[31m\nline \xff\xc3\xa9";
  ProcessPoolExecutor pool({.max_workers = 1, .name = name});
  const auto end = run_tool({"ls"});
  EXPECT_TRUE(contains(end.out, "\nred ?[31m?line ?\xc3\xa9 ")) << end.out;
  EXPECT_EQ(end.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(listed(test_support::list(), "red \x1b[31m\nline \xef\xbf\xbd\xc3\xa9").size(), 1U);
}

TEST(Ls, CutsLongNamesAndTheyAreFoundBothWays) {
  const std::string begin = "long-" + std::to_string(::getpid()) + "-";
  const std::string name = begin + std::string(300, 'n');
  const std::string shown = begin + std::string(31 - begin.size(), 'n') + "\u2026";
  ProcessPoolExecutor pool({.max_workers = 1, .name = name});
  const auto end = run_tool({"ls"});
  EXPECT_TRUE(contains(end.out, "\n" + shown + "  ")) << end.out;
  EXPECT_FALSE(contains(end.out, shown.substr(0, 31) + "n")) << end.out;
  const std::string kept = name.substr(0, 180);
  const Json listed = test_support::listed_once(kept);
  for (const std::string& words : {shown, kept, name}) {
    EXPECT_EQ(test_support::shown(words).at("id"), listed.at("id")) << words;
    EXPECT_EQ(run_tool({"check", words}).exit_code, 0) << words;
    EXPECT_EQ(run_tool({"top", "--once", words}).exit_code, 0) << words;
  }
  EXPECT_EQ(run_tool({"show", name.substr(0, 179)}).exit_code, 3);
  {
    ProcessPoolExecutor other({.max_workers = 1, .name = begin + std::string(100, 'n')});
    const auto several = run_tool({"show", shown});
    EXPECT_EQ(several.exit_code, 3);
    EXPECT_TRUE(contains(several.err, "can mean 2 pools: ")) << several.err;
    EXPECT_TRUE(contains(several.err, listed.at("id").get<std::string>().substr(0, 8)))
        << several.err;
    EXPECT_EQ(run_tool({"show", begin + std::string(100, 'n')}).exit_code, 0);
  }
}

TEST(Ls, SaysWhichProcessesItCannotLookInto) {
  ASSERT_EQ(::prctl(PR_SET_DUMPABLE, 0), 0);  // its children inherit it
  {
    ProcessPoolExecutor pool({.max_workers = 1, .name = "hidden"});
    const auto end = test_support::run_tool_in("plain-user", {"ls", "--json"});
    EXPECT_EQ(end.exit_code, 0);
    EXPECT_TRUE(contains(end.err, "of this user's processes")) << end.err;
    const Json list = Json::parse(end.out);
    EXPECT_TRUE(listed(list, "hidden").empty());
    const Json self = {{"pid", ::getpid()}, {"command", "ls_test"}};
    const Json& hidden = list.at("hidden_processes");
    EXPECT_NE(std::find(hidden.begin(), hidden.end(), self), hidden.end()) << list.dump(2);

    const auto shown =
        test_support::run_tool_in("plain-user", {"show", std::to_string(::getpid())});
    EXPECT_EQ(shown.exit_code, 4);
    EXPECT_TRUE(contains(shown.err, "(ls_test) cannot be looked into")) << shown.err;
  }
  ASSERT_EQ(::prctl(PR_SET_DUMPABLE, 1), 0);
}

TEST(Ls, SaysThatItsOutputCannotBeWritten) {
  for (const char* form : {"--json", "--help"}) {
    const auto end = test_support::run_tool_in("full-disk", {"ls", form});
    EXPECT_EQ(end.exit_code, 6) << form;
    EXPECT_TRUE(contains(end.err, "No space left on device")) << end.err;
  }
}

}  // namespace
