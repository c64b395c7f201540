// WorkerLimits::nice, cpus and numa_node.

#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "lib/limits/affinity.hpp"
#include "support/limited_pool.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::ProcessPoolExecutor;
using test_support::limited;

int niceness() { return ::getpriority(PRIO_PROCESS, 0); }
std::vector<unsigned> cpus() { return muster::detail::affinity(0); }

TEST(Nice, IsEachWorkersAndItsThreads) {
  ProcessPoolExecutor pool(limited({.nice = 7}, 2));
  EXPECT_EQ(pool.submit(niceness).result(), 7);
  EXPECT_EQ(pool.submit([] {
                  int there = 0;
                  std::thread([&] { there = niceness(); }).join();
                  return there;
                })
                .result(),
            7);
  test_support::replace_worker(pool);
  EXPECT_EQ(pool.submit(niceness).result(), 7);
  EXPECT_NE(niceness(), 7);
}

TEST(Cpus, AreThoseOfAllWorkers) {
  const unsigned last = muster::detail::allowed_cpus().back();
  const std::vector<unsigned> before = cpus();
  ProcessPoolExecutor pool(limited({.cpus = {last, last}}));
  EXPECT_EQ(pool.submit(cpus).result(), std::vector{last});
  EXPECT_EQ(pool.submit([] { return static_cast<unsigned>(::sched_getcpu()); }).result(), last);
  test_support::replace_worker(pool);
  EXPECT_EQ(pool.submit(cpus).result(), std::vector{last});
  EXPECT_EQ(cpus(), before);
}

TEST(Cpus, SayHowManyWorkersThereAreWhereNothingElseDoes) {
  const unsigned last = muster::detail::allowed_cpus().back();
  ProcessPoolExecutor pool({.limits = {.cpus = {last}}});
  EXPECT_EQ(pool.worker_pids().size(), 1U);
  // More than there are CPUs share them.
  ProcessPoolExecutor three({.max_workers = 3, .limits = {.cpus = {last}}});
  std::vector<int> inputs(1000, 3);
  int sum = 0;
  for (const int each : three.map([](int n) { return n; }, inputs)) sum += each;
  EXPECT_EQ(sum, 3000);
}

#ifdef MUSTER_HAS_HWLOC

// What get_mempolicy(2) says of this thread: the policy, and whether it is of this node.
struct MemoryPolicy {
  int mode = -1;
  bool of_node = false;
};
MemoryPolicy memory_policy(unsigned node) {
  MemoryPolicy policy;
  unsigned long nodes[16] = {};
  test_support::or_throw(
      ::syscall(SYS_get_mempolicy, &policy.mode, nodes, sizeof(nodes) * 8, nullptr, 0UL));
  policy.of_node = (nodes[node / 64] >> (node % 64) & 1) != 0;
  return policy;
}

TEST(NumaNode, IsWhereAWorkerRunsAndGetsItsMemory) {
  ProcessPoolExecutor pool(limited({.numa_node = 0}));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(pool.submit([] {
                    unsigned node = ~0U;
                    ::getcpu(nullptr, &node);
                    return node;
                  })
                  .result(),
              0U);
    const MemoryPolicy policy = pool.submit(memory_policy, 0U).result();
    EXPECT_EQ(policy.mode, MPOL_BIND);
    EXPECT_TRUE(policy.of_node);
    test_support::replace_worker(pool);
  }
  EXPECT_EQ(memory_policy(0).mode, MPOL_DEFAULT);
}

TEST(NumaNode, LeavesTheCpusThatWereSaid) {
  const unsigned last = muster::detail::allowed_cpus().back();
  ProcessPoolExecutor pool(limited({.cpus = {last}, .numa_node = 0}));
  EXPECT_EQ(pool.submit(cpus).result(), std::vector{last});
}

#endif

}  // namespace
