// WorkerLimits that make no sense, or that this program cannot have, are refused when a pool is
// made.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "lib/limits/affinity.hpp"
#include "lib/limits/landlock.hpp"
#include "support/limited_pool.hpp"
#include "support/privileges.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::WorkerLimits;
using test_support::refusal;

#define EXPECT_SAYS(text, words) \
  EXPECT_NE(std::string(text).find(words), std::string::npos) << (text)

// While it lives the program's hard limit is lower. A process of root's can raise it again.
class HardLimit {
 public:
  HardLimit(__rlimit_resource resource, rlim_t hard) : resource_(resource) {
    ::getrlimit(resource_, &before_);
    const rlimit less{std::min(before_.rlim_cur, hard), hard};
    ::setrlimit(resource_, &less);
  }
  ~HardLimit() { ::setrlimit(resource_, &before_); }
  HardLimit(const HardLimit&) = delete;
  HardLimit& operator=(const HardLimit&) = delete;

 private:
  __rlimit_resource resource_;
  rlimit before_{};
};

TEST(RefusedLimits, AreNegativeNumbers) {
  const auto minus = static_cast<std::size_t>(-1);
  EXPECT_SAYS(refusal({.memory_bytes = minus}), "limits.memory_bytes cannot be negative");
  EXPECT_SAYS(refusal({.cpu_seconds = minus}), "limits.cpu_seconds cannot be negative");
  EXPECT_SAYS(refusal({.cpu_seconds = 18'446'744'074}), "the kernel counts no more than");
  EXPECT_SAYS(refusal({.open_files = minus}), "limits.open_files cannot be negative");
  EXPECT_SAYS(refusal({.resident_bytes = minus}), "limits.resident_bytes cannot be negative");
}

TEST(RefusedLimits, AreBeyondTheProgramsHardLimits) {
  const HardLimit files(RLIMIT_NOFILE, 500);
  EXPECT_SAYS(refusal({.open_files = 501}), "hard limit of 500 (ulimit -H -n)");
  const HardLimit seconds(RLIMIT_CPU, 3600);
  EXPECT_SAYS(refusal({.cpu_seconds = 3600}), "hard limit of 3600 (ulimit -H -t): ask for less");
  const HardLimit memory(RLIMIT_AS, std::size_t{1} << 45);
  EXPECT_SAYS(refusal({.memory_bytes = (std::size_t{1} << 45) + 1}), "limits.memory_bytes is");
  muster::ProcessPoolExecutor pool(
      {.max_workers = 1,
       .limits = {.memory_bytes = std::size_t{1} << 30, .cpu_seconds = 3599, .open_files = 500}});
  pool.submit([] {}).result();
}

TEST(RefusedLimits, AreNoNiceness) {
  EXPECT_SAYS(refusal({.nice = 20}), "limits.nice is 20; it is from -20");
  EXPECT_SAYS(refusal({.nice = -21}), "limits.nice is -21");
}

// Of a process without root's rights, which is another one for that.
TEST(RefusedLimits, AreMoreUrgentThanTheProgramMayBe) {
  const pid_t pid = ::fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_NICE, &none);
    ::setpriority(PRIO_PROCESS, 0, 5);
    test_support::drop_privileges();
    const std::string text = refusal({.nice = 4});
    const bool refused = text.find("which has neither CAP_SYS_NICE nor") != std::string::npos;
    muster::ProcessPoolExecutor pool({.max_workers = 1, .limits = {.nice = 5}});
    ::_exit(refused && pool.submit([] { return true; }).result() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(RefusedLimits, AreUnheardOfCpus) {
  const unsigned beyond = muster::detail::allowed_cpus().back() + 1000;
  const std::string text = refusal({.cpus = {0, beyond}});
  EXPECT_SAYS(text, "limits.cpus has " + std::to_string(beyond) + ", which is not there");
  EXPECT_SAYS(refusal({.cpus = {~0U}}), "which is not there");
}

TEST(RefusedLimits, AreUnheardOfNodes) {
#ifdef MUSTER_HAS_HWLOC
  EXPECT_SAYS(refusal({.numa_node = 4711U}),
              "limits.numa_node 4711 is no NUMA node that this program may use; there are: 0");
#else
  EXPECT_SAYS(refusal({.numa_node = 0U}), "install libhwloc-dev");
#endif
}

TEST(RefusedLimits, AreVariablesThatCannotBe) {
  EXPECT_SAYS(refusal({.environment = {{"", "1"}}}), "limits.environment has \"\"");
  EXPECT_SAYS(refusal({.environment = {{"A=B", "1"}}}), "limits.environment has \"A=B\"");
  EXPECT_SAYS(refusal({.environment = {{"A", std::string("1\0", 2)}}}), "zero byte");
}

TEST(RefusedLimits, ArePathsThatAreNotThere) {
  if (muster::detail::landlock_version() < muster::detail::kLeastLandlock) {
    EXPECT_SAYS(refusal({.files = muster::FileRules{}}), "needs a kernel with Landlock");
    return;
  }
  EXPECT_SAYS(refusal({.files = muster::FileRules{.read = {"/nowhere/at/all"}}}),
              "limits.files.read has \"/nowhere/at/all\", which cannot be found");
  EXPECT_SAYS(refusal({.files = muster::FileRules{.write = {""}}}),
              "limits.files.write has \"\", which is no path");
}

TEST(RefusedLimits, LeaveTheProgramAsItWas) {
  const auto before = muster::detail::affinity(0);
  refusal({.cpus = {0, 4711}});
  refusal({.nice = 20});
  EXPECT_EQ(muster::detail::affinity(0), before);
}

}  // namespace
