// How many workers a pool has that was not told: as many as the CPUs that this process may use.

#include <sched.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "lib/common/cpus.hpp"
#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using test_support::SharedCounter;
using test_support::SharedGate;
using test_support::SharedLog;

cpu_set_t affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  EXPECT_EQ(::sched_getaffinity(0, sizeof set, &set), 0);
  return set;
}

// Puts the thread that makes pools back on the CPUs it had.
class RestoresAffinity {
 public:
  RestoresAffinity() : set_(affinity()) {}
  ~RestoresAffinity() { ::sched_setaffinity(0, sizeof set_, &set_); }
  RestoresAffinity(const RestoresAffinity&) = delete;
  RestoresAffinity& operator=(const RestoresAffinity&) = delete;

 private:
  cpu_set_t set_;
};

// The workers of a pool, each of which must run a task at the same time: were there fewer than
// `expected`, the first wait would not end.
template <class Pool>
std::size_t count_workers(Pool& pool, std::size_t expected) {
  SharedGate gate;
  SharedCounter began;
  SharedLog indices;
  std::vector<muster::Future<void>> futures;
  for (std::size_t i = 0; i < 15 * expected; ++i) {
    futures.push_back(pool.submit([=] {
      indices.add(static_cast<std::int64_t>(muster::this_worker::index()));
      began.add();
      gate.wait();
    }));
  }
  began.wait_at_least(static_cast<std::int64_t>(expected));
  gate.open();
  for (const auto& future : futures) future.result();
  return indices.distinct().size();
}

template <class Pool>
class UsableCpus : public testing::Test {};
TYPED_TEST_SUITE(UsableCpus, test_support::Pools, test_support::PoolNames);

// Behaviours 59 and 142.
TYPED_TEST(UsableCpus, AreTheWorkersOfAPoolThatWasNotTold) {
  const std::size_t expected = muster::detail::usable_cpus();
  const cpu_set_t set = affinity();
  EXPECT_LE(expected, static_cast<std::size_t>(CPU_COUNT(&set)));
  TypeParam by_default;
  EXPECT_EQ(count_workers(by_default, expected), expected);
  auto of_zero = test_support::make_pool<TypeParam>(0);
  EXPECT_EQ(count_workers(of_zero, expected), expected);
}

// Behaviour 142.
TYPED_TEST(UsableCpus, AreThoseOfTheAffinityMask) {
  const RestoresAffinity restore;
  const cpu_set_t before = affinity();
  int cpu = 0;
  while (!CPU_ISSET(cpu, &before)) ++cpu;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  TypeParam pool;
  EXPECT_EQ(count_workers(pool, 1), 1U);
}

// A folder with the files of cgroups, in the place of /sys/fs/cgroup.
class Cgroups {
 public:
  Cgroups() {
    char name[] = "/tmp/muster-cgroups-XXXXXX";
    if (::mkdtemp(name) == nullptr) throw std::system_error(errno, std::generic_category());
    root_ = name;
  }
  ~Cgroups() { std::filesystem::remove_all(root_); }
  Cgroups(const Cgroups&) = delete;
  Cgroups& operator=(const Cgroups&) = delete;

  void write(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = root_ / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text << '\n';
  }
  // `proc_cgroup` is what /proc/self/cgroup would say.
  double quota(const std::string& proc_cgroup) const {
    return muster::detail::cgroup_cpu_quota(proc_cgroup, root_.string());
  }

 private:
  std::filesystem::path root_;
};

// Behaviour 142.
TEST(CgroupQuota, IsTheSmallestOfTheOwnGroupAndThoseAboveIt) {
  const Cgroups cgroups;
  EXPECT_EQ(cgroups.quota("0::/a/b\n"), 0.0);
  cgroups.write("a/cpu.max", "150000 100000");
  cgroups.write("a/b/cpu.max", "max 100000");
  EXPECT_EQ(cgroups.quota("0::/a/b\n"), 1.5);
  cgroups.write("a/b/cpu.max", "50000 100000");
  EXPECT_EQ(cgroups.quota("0::/a/b\n"), 0.5);
  EXPECT_EQ(cgroups.quota("0::/a\n"), 1.5);
  EXPECT_EQ(cgroups.quota("0::/\n"), 0.0);
}

// Behaviour 142.
TEST(CgroupQuota, IsReadFromTheFirstVersionOfCgroupsToo) {
  const Cgroups cgroups;
  cgroups.write("cpu/c/cpu.cfs_quota_us", "-1");
  cgroups.write("cpu/c/cpu.cfs_period_us", "100000");
  EXPECT_EQ(cgroups.quota("5:cpu,cpuacct:/c\n4:memory:/d\n"), 0.0);
  cgroups.write("cpu/c/cpu.cfs_quota_us", "250000");
  EXPECT_EQ(cgroups.quota("5:cpu,cpuacct:/c\n4:memory:/d\n"), 2.5);
  EXPECT_EQ(cgroups.quota("5:cpuset:/c\n"), 0.0);
}

}  // namespace
