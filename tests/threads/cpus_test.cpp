#include "lib/common/cpus.hpp"

#include <sched.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace {

using muster::detail::cgroup_cpu_quota;

// A tree of files such as the kernel shows below /sys/fs/cgroup.
class CgroupTree : public testing::Test {
 protected:
  CgroupTree() : root_(testing::TempDir() + "cgroups." + std::to_string(::getpid())) {}
  ~CgroupTree() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << '\n';
  }

  std::string root_;
};

TEST_F(CgroupTree, OfVersion2BoundsByTheSmallestQuotaAbove) {
  write("/cpu.max", "max 100000");
  write("/box/cpu.max", "150000 100000");
  write("/box/inner/cpu.max", "max 100000");
  EXPECT_DOUBLE_EQ(cgroup_cpu_quota("0::/box/inner\n", root_), 1.5);
  write("/box/inner/cpu.max", "50000 100000");
  EXPECT_DOUBLE_EQ(cgroup_cpu_quota("0::/box/inner\n", root_), 0.5);
  EXPECT_DOUBLE_EQ(cgroup_cpu_quota("0::/\n", root_), 0);
}

TEST_F(CgroupTree, OfVersion1IsReadWhereTheCpuControllerIs) {
  write("/cpu/box/cpu.cfs_quota_us", "200000");
  write("/cpu/box/cpu.cfs_period_us", "100000");
  EXPECT_DOUBLE_EQ(cgroup_cpu_quota("5:memory:/box\n4:cpu,cpuacct:/box\n0::/\n", root_), 2);
  write("/cpu/box/cpu.cfs_quota_us", "-1");
  EXPECT_DOUBLE_EQ(cgroup_cpu_quota("4:cpuacct,cpu:/box\n", root_), 0);
}

TEST_F(CgroupTree, ThatIsNotThereBoundsNothing) {
  EXPECT_DOUBLE_EQ(cgroup_cpu_quota("0::/nowhere\n", root_), 0);
  EXPECT_DOUBLE_EQ(cgroup_cpu_quota("", root_), 0);
  EXPECT_DOUBLE_EQ(cgroup_cpu_quota("nonsense\n", root_), 0);
}

TEST(UsableCpus, AreThoseOfTheAffinityMask) {
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof(before), &before), 0);
  EXPECT_GE(muster::detail::usable_cpus(), 1U);
  EXPECT_LE(muster::detail::usable_cpus(), static_cast<std::size_t>(CPU_COUNT(&before)));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &before)) continue;
    CPU_SET(cpu, &one);
    break;
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(muster::detail::usable_cpus(), 1U);
  ASSERT_EQ(::sched_setaffinity(0, sizeof(before), &before), 0);
}

}  // namespace
