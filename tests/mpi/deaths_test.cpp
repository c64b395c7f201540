#include <signal.h>
#include <unistd.h>

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mpi/cluster.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;

int one() { return 1; }
void kill_self() { kill(getpid(), SIGKILL); }
int crash_at_7(int n) {
  if (n == 7) kill(getpid(), SIGSEGV);
  return n;
}
void sleep_for_ever() {
  for (;;) pause();
}
pid_t who() { return getpid(); }

std::string host() {
  char name[256] = {};
  gethostname(name, sizeof(name) - 1);
  return name;
}

TEST(MpiDeaths, AKilledWorkerCostsOnlyItsTask) {
  muster::MpiPoolExecutor pool(test_support::replacing(2));
  std::vector<muster::Future<int>> others;
  for (int i = 0; i < 1000; ++i) others.push_back(pool.submit(one));
  auto victim = pool.submit(kill_self);
  for (int i = 0; i < 1000; ++i) others.push_back(pool.submit(one));
  try {
    victim.result();
    FAIL();
  } catch (const muster::WorkerDiedError& error) {
    const std::string text = error.what();
    EXPECT_TRUE(text.starts_with("rank ")) << text;
    EXPECT_NE(text.find(" on " + host() + ": worker "), std::string::npos) << text;
    EXPECT_NE(text.find("(pid " + std::to_string(error.worker_pid()) + ")"), std::string::npos)
        << text;
    EXPECT_EQ(error.term_signal(), SIGKILL);
  }
  for (const auto& future : others) EXPECT_EQ(future.result(), 1);
  EXPECT_EQ(pool.stats().deaths, 1u);
}

TEST(MpiDeaths, OfAChunkOnlyTheItemThatRanFails) {
  muster::MpiPoolExecutor pool(test_support::replacing(1));
  std::vector<int> inputs;
  for (int i = 0; i < 20; ++i) inputs.push_back(i);
  auto results = pool.map({.chunksize = 20}, crash_at_7, inputs);
  std::size_t failed = 0;
  int expected = 0;
  for (const auto& outcome : std::move(results).outcomes()) {
    if (!outcome.has_value()) {
      ++failed;
      EXPECT_EQ(expected, 7);
    } else {
      EXPECT_EQ(outcome.value(), expected);
    }
    ++expected;
  }
  EXPECT_EQ(failed, 1u);
  EXPECT_EQ(expected, 20);
}

TEST(MpiDeaths, RetriesRunATaskAgain) {
  muster::MpiPoolExecutor pool(test_support::replacing(1));
  try {
    pool.submit({.name = "doomed", .retries = 2}, kill_self).result();
    FAIL();
  } catch (const muster::WorkerDiedError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("attempt 3 of 3"), std::string::npos) << text;
    EXPECT_NE(text.find("\"doomed\""), std::string::npos) << text;
  }
}

TEST(MpiDeaths, ATaskThatRunsTooLongIsStopped) {
  muster::MpiPoolExecutor pool(test_support::replacing(1));
  auto future = pool.submit({.task_timeout = 50ms}, sleep_for_ever);
  EXPECT_THROW(future.result(), muster::TaskTimeoutError);
  EXPECT_EQ(pool.submit(one).result(), 1);
}

TEST(MpiDeaths, UnderBreakPoolAllThatIsUnfinishedFails) {
  muster::MpiPoolExecutor pool({.max_workers = 1});
  auto kept = pool.submit(one);
  kept.result();
  std::vector<muster::Future<void>> futures;
  for (int i = 0; i < 3; ++i) futures.push_back(pool.submit(sleep_for_ever));
  // One of the two workers has it as soon as the other ones' tasks run.
  const auto workers = pool.worker_pids();
  kill(workers.front().pid, SIGKILL);
  for (auto& future : futures) {
    try {
      future.result();
      FAIL();
    } catch (const muster::BrokenProcessPool& error) {
      const std::string text = error.what();
      EXPECT_TRUE(text.starts_with("rank 1 on ")) << text;
      EXPECT_EQ(error.worker_pid(), workers.front().pid);
    }
  }
  EXPECT_EQ(kept.result(), 1);
  EXPECT_THROW(pool.submit(one), muster::BrokenProcessPool);
}

TEST(MpiDeaths, KilledWorkersBreakThePoolAndTheNextOneWorks) {
  muster::MpiPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit(sleep_for_ever);
  pool.kill_workers();
  EXPECT_THROW(future.result(), muster::BrokenProcessPool);
  EXPECT_THROW(pool.submit(one), muster::BrokenProcessPool);
  muster::MpiPoolExecutor next({.max_workers = 1});
  EXPECT_EQ(next.submit(one).result(), 1);
}

TEST(MpiDeaths, AWorkerIsReplacedAfterSoManyTasks) {
  muster::ProcessPoolOptions options = test_support::replacing(1);
  options.max_tasks_per_child = 2;
  muster::MpiPoolExecutor pool(options);
  std::set<pid_t> workers;
  for (int i = 0; i < 12; ++i) workers.insert(pool.submit(who).result());
  EXPECT_GE(workers.size(), 4u);
  EXPECT_EQ(pool.stats().deaths, 0u);
}

}  // namespace
