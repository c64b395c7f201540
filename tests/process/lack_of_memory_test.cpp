// The client has no memory left when something happens to its pool.

#include <unistd.h>

#include <csignal>
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "scarce_memory.hpp"
#include "support/failure.hpp"
#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::BrokenProcessPool;
using muster::OnWorkerDeath;
using muster::ProcessPoolExecutor;
using scarce::For;
using scarce::MemoryIsLacking;
using test_support::failure_of;
using test_support::SharedGate;

class LackOfMemory : public testing::TestWithParam<OnWorkerDeath> {
 protected:
  LackOfMemory() { scarce::this_is_the_test(); }
};

INSTANTIATE_TEST_SUITE_P(Client, LackOfMemory,
                         testing::Values(OnWorkerDeath::break_pool, OnWorkerDeath::replace),
                         [](const auto& suite) {
                           return suite.param == OnWorkerDeath::replace ? "Replace" : "BreakPool";
                         });

int item(int n, SharedGate third, SharedGate never) {
  if (n == 3) {
    third.open();
    never.wait();
  }
  return n;
}

TEST_P(LackOfMemory, AtAWorkersDeathBreaksThePoolAndFailsEveryFuture) {
  ProcessPoolExecutor pool({.max_workers = 2, .on_worker_death = GetParam()});
  const auto workers = pool.worker_pids();
  const SharedGate started, never;
  auto chunk = pool.map({.chunksize = 6}, item, std::vector{0, 1, 2, 3, 4, 5},
                        std::vector(6, started), std::vector(6, never));
  auto running = pool.submit({.name = "one with a name that is not short", .retries = 1},
                             [never] { never.wait(); });
  started.wait();
  // More than there are slots.
  std::vector<muster::Future<int>> pending;
  for (int i = 0; i < 6000; ++i) pending.push_back(pool.submit([] { return 1; }));
  {
    const MemoryIsLacking lacking(For::nobody);
    for (const pid_t pid : workers) ::kill(pid, SIGKILL);
    EXPECT_STREQ(failure_of<BrokenProcessPool>(running).what(),
                 "the pool was given up because the program had no memory left for its work");
  }
  // A worker's successor may have run some before it was ended, too.
  for (const auto& future : pending) {
    if (future.exception() != nullptr) failure_of<BrokenProcessPool>(future);
  }
  EXPECT_THROW(pool.submit([] { return 1; }), BrokenProcessPool);
  for (auto&& outcome : chunk.outcomes()) EXPECT_FALSE(outcome.has_value() && outcome.value() >= 3);
  pool.shutdown();
  for (const pid_t pid : workers) EXPECT_TRUE(test_support::is_gone(pid)) << pid;
}

TEST(LackOfMemoryForAKill, KillsNobody) {
  scarce::this_is_the_test();
  ProcessPoolExecutor pool({.max_workers = 1});
  const SharedGate started, go;
  auto running = pool.submit([started, go] {
    started.open();
    go.wait();
    return 7;
  });
  started.wait();
  {
    const MemoryIsLacking lacking(For::the_pools_threads);
    EXPECT_THROW(running.cancel(muster::CancelMode::kill), std::bad_alloc);
  }
  go.open();
  EXPECT_EQ(running.result(), 7);
}

// The second task begins when the first has ended: of that nobody has asked yet.
TEST(LackOfMemoryForAResult, AtAWorkersDeathFailsItsFutureToo) {
  scarce::this_is_the_test();
  ProcessPoolExecutor pool({.max_workers = 1, .checksum_results = true});
  const SharedGate started, never;
  auto ended = pool.submit([](std::size_t n) { return std::string(n, 'x'); }, std::size_t{2} << 20);
  auto running = pool.submit([started, never] {
    started.open();
    never.wait();
  });
  started.wait();
  {
    const MemoryIsLacking lacking(For::nobody);
    ::kill(pool.worker_pids().at(0), SIGKILL);
    failure_of<BrokenProcessPool>(running);
  }
  failure_of<muster::EncodingError>(ended);
}

}  // namespace
