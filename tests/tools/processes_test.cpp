// What /proc and the clocks of processes tell of them.

#include "lib/inspect/processes.hpp"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

#include <gtest/gtest.h>

#include "support/watchdog.hpp"

namespace {

using muster::detail::cpu_time_ns;

std::int64_t own_time_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

TEST(Processes, HaveProcessorTimeInNanoseconds) {
  for (int i = 0; i < 100; ++i) {
    const std::int64_t before = own_time_ns();
    const std::int64_t told = cpu_time_ns(::getpid());
    ASSERT_LE(before, told);
    ASSERT_LE(told, own_time_ns());
  }
}

TEST(Processes, HaveNoProcessorTimeWhereThereIsNone) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(cpu_time_ns(child), 0);
}

TEST(Processes, AreToldOfAsProcSays) {
  const auto self = muster::detail::read_process(::getpid());
  ASSERT_TRUE(self);
  EXPECT_EQ(self->pid, ::getpid());
  EXPECT_EQ(self->parent, ::getppid());
  EXPECT_EQ(self->user, ::geteuid());
  EXPECT_TRUE(self->lives());
  EXPECT_GT(self->rss, 0u);
  EXPECT_GE(self->max_rss, self->rss);
}

}  // namespace
