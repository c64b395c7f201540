#include "lib/supervisor/oom_watch.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"

namespace muster::detail {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// Files such as the kernel's.
class OomWatchTest : public testing::Test {
 protected:
  OomWatchTest() : root_(testing::TempDir() + "oom." + std::to_string(::getpid())) {}
  ~OomWatchTest() override { std::filesystem::remove_all(root_); }

  void write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = root_ + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  void machine_kills(int count) const {
    write("proc/vmstat", "pgfault 99\noom_kill " + std::to_string(count) + "\nnr_x 1\n");
  }

  // The file of the own cgroup says `before`, others are killed, and then it says `after`.
  void expect_that_only_its_own_counts(const std::string& file, const std::string& before,
                                       const std::string& after) {
    machine_kills(0);
    write(file, before);
    watch_.look(kSecond);
    machine_kills(3);
    EXPECT_FALSE(watch_.explains_death(2 * kSecond)) << "those were others";
    write(file, after);
    EXPECT_TRUE(watch_.explains_death(2 * kSecond));
  }

  std::string root_;
  OomWatch watch_{root_ + "/proc", root_ + "/cgroup"};
};

TEST_F(OomWatchTest, KillsFromBeforeExplainNothing) {
  machine_kills(7);
  watch_.look(kSecond);
  EXPECT_FALSE(watch_.explains_death(2 * kSecond));
}

TEST_F(OomWatchTest, EachKillExplainsOneDeath) {
  machine_kills(7);
  watch_.look(kSecond);
  machine_kills(9);
  EXPECT_TRUE(watch_.explains_death(2 * kSecond));
  EXPECT_TRUE(watch_.explains_death(2 * kSecond)) << "two were killed together";
  EXPECT_FALSE(watch_.explains_death(2 * kSecond));
}

TEST_F(OomWatchTest, AKillOfLongAgoExplainsNothing) {
  machine_kills(0);
  watch_.look(kSecond);
  machine_kills(1);
  watch_.look_now_and_then(3 * kSecond);
  EXPECT_FALSE(watch_.explains_death(3 * kSecond + OomWatch::kFreshNs + 1));
}

TEST_F(OomWatchTest, AKillThatWasNoticedBeforeTheDeathExplainsIt) {
  machine_kills(0);
  watch_.look(kSecond);
  machine_kills(1);
  watch_.look_now_and_then(3 * kSecond);
  EXPECT_TRUE(watch_.explains_death(4 * kSecond));
}

TEST_F(OomWatchTest, TheOwnCgroupCountsAndNotTheMachine) {
  write("proc/self/cgroup", "0::/box/inner\n");
  expect_that_only_its_own_counts("cgroup/box/inner/memory.events", "low 0\noom 0\noom_kill 0\n",
                                  "low 0\noom 1\noom_kill 1\n");
}

TEST_F(OomWatchTest, TheFirstVersionOfCgroupsIsReadToo) {
  write("proc/self/cgroup", "9:pids:/x\n5:hugetlb,memory:/box\n0::/y\n");
  expect_that_only_its_own_counts("cgroup/memory/box/memory.oom_control",
                                  "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
                                  "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
}

// Of a path as the host names it, a container has what is below its own group, at the root.
TEST_F(OomWatchTest, AContainersOwnCgroupIsFoundAtItsRoot) {
  write("proc/self/cgroup", "5:memory:/docker/4f\n");
  expect_that_only_its_own_counts("cgroup/memory/memory.oom_control",
                                  "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
                                  "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
}

TEST_F(OomWatchTest, AnotherCgroupsCountIsNotComparedWithTheFirstOnes) {
  write("proc/self/cgroup", "0::/box\n");
  write("cgroup/box/memory.events", "oom_kill 0\n");
  write("cgroup/other/memory.events", "oom_kill 5\n");
  watch_.look(kSecond);
  write("proc/self/cgroup", "0::/other\n");
  EXPECT_FALSE(watch_.explains_death(2 * kSecond));
  write("cgroup/other/memory.events", "oom_kill 6\n");
  EXPECT_TRUE(watch_.explains_death(2 * kSecond));
}

TEST_F(OomWatchTest, NothingIsKnownWhereTheKernelDoesNotSay) {
  watch_.look(kSecond);
  EXPECT_FALSE(watch_.explains_death(2 * kSecond));
}

}  // namespace
}  // namespace muster::detail
