// Pools that have the same name, in one process and in two.

#include <signal.h>
#include <unistd.h>

#include <set>
#include <string>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/proc.hpp"
#include "support/watchdog.hpp"
#include "tools/status_tool.hpp"

namespace {

using muster::ProcessPoolExecutor;
using test_support::contains;
using test_support::Json;
using test_support::run_tool;
using test_support::shown;

std::set<pid_t> workers_of(const Json& pool) {
  std::set<pid_t> pids;
  for (const Json& worker : pool.at("workers")) pids.insert(worker.at("pid").get<pid_t>());
  return pids;
}

std::set<pid_t> workers_of(const ProcessPoolExecutor& pool) {
  const auto pids = pool.worker_pids();
  return {pids.begin(), pids.end()};
}

// Returns when its supervisor, by which it could be told from others, is gone.
void break_pool(ProcessPoolExecutor& pool) {
  const Json before = shown(std::to_string(pool.worker_pids().at(0)));
  pool.submit([] { ::raise(SIGKILL); }).exception();
  test_support::wait_for_end(before.at("supervisor_pid").get<pid_t>());
}

TEST(SameName, PoolsOfOneProcessAreToldApart) {
  ProcessPoolExecutor one({.max_workers = 1, .name = "twin"});
  ProcessPoolExecutor two({.max_workers = 2, .name = "twin"});
  ProcessPoolExecutor three({.max_workers = 3, .name = "twin"});
  EXPECT_EQ(test_support::listed(test_support::list(), "twin").size(), 3U);
  for (const auto* pool : {&one, &two, &three}) {
    for (const pid_t pid : pool->worker_pids()) {
      EXPECT_EQ(workers_of(shown(std::to_string(pid))), workers_of(*pool));
    }
  }
}

TEST(SameName, CanMeanSeveral) {
  ProcessPoolExecutor here({.max_workers = 1, .name = "shared name"});
  test_support::Program client("tests/tools/programs/client", {"shared name"});
  ASSERT_EQ(client.read_line(), "ready");
  const auto end = run_tool({"show", "shared name"});
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_EQ(end.out, "");
  EXPECT_TRUE(contains(end.err, "\"shared name\" can mean 2 pools: ")) << end.err;
  EXPECT_TRUE(contains(end.err, "client " + std::to_string(::getpid()) + " (same_name_test)"));
  EXPECT_TRUE(contains(end.err, "client " + std::to_string(client.pid()) + " (client)"));
  EXPECT_EQ(shown(std::to_string(client.pid())).at("client").at("pid"), client.pid());
}

TEST(SameName, ABrokenPoolIsToldFromTheOneThatReplacedIt) {
  ProcessPoolExecutor old({.max_workers = 1, .name = "again"});
  break_pool(old);
  test_support::await_state("again", "broken");
  ProcessPoolExecutor fresh({.max_workers = 1, .name = "again"});
  EXPECT_EQ(workers_of(shown(std::to_string(fresh.worker_pids().at(0)))), workers_of(fresh));
  const auto pools = test_support::listed(test_support::list(), "again");
  ASSERT_EQ(pools.size(), 2U);
  EXPECT_EQ(pools.at(0).at("state"), "broken");
  EXPECT_EQ(pools.at(1).at("state"), "ok");
}

TEST(SameName, BrokenPoolsOfOneProcessAreNotMixedUp) {
  ProcessPoolExecutor one({.max_workers = 1, .name = "both"});
  ProcessPoolExecutor two({.max_workers = 1, .name = "both"});
  break_pool(one);
  break_pool(two);
  const Json list = test_support::list();
  EXPECT_TRUE(test_support::listed(list, "both").empty());
  EXPECT_EQ(test_support::skipped_reason(list, "both"), "ambiguous");
  const auto end = run_tool({"show", "both"});
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_TRUE(contains(end.err, "cannot be told from another")) << end.err;
}

}  // namespace
