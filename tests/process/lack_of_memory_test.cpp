// The client has no memory left when something happens to its pool.

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

enum class For { all, the_pools_threads, nobody };

// Who has memory. Of this process: workers that exist have a copy.
std::atomic<For> there_is_memory{For::all};
thread_local bool in_test = false;

bool memory_is_there() {
  switch (there_is_memory.load()) {
    case For::all: return true;
    case For::the_pools_threads: return !in_test;
    case For::nobody: return in_test;
  }
  return true;
}

}  // namespace

void* operator new(std::size_t size) {
  void* const memory = memory_is_there() ? std::malloc(size != 0 ? size : 1) : nullptr;
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using muster::BrokenProcessPool;
using muster::OnWorkerDeath;
using muster::ProcessPoolExecutor;
using test_support::failure_of;
using test_support::SharedGate;

class MemoryIsLacking {
 public:
  explicit MemoryIsLacking(For whom) { there_is_memory = whom; }
  ~MemoryIsLacking() { there_is_memory = For::all; }
};

class LackOfMemory : public testing::TestWithParam<OnWorkerDeath> {
 protected:
  LackOfMemory() { in_test = true; }
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
  in_test = true;
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

}  // namespace
