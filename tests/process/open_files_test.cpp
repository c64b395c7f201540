// WorkerLimits::open_files.

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/limited_pool.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::ProcessPoolExecutor;
using test_support::error_of;
using test_support::limited;

// Until the kernel refuses, whose error this throws.
void open_many() {
  struct All {
    std::vector<int> fds;
    ~All() {
      for (const int fd : fds) ::close(fd);
    }
  } all;
  while (all.fds.size() < 100'000) {
    all.fds.push_back(static_cast<int>(test_support::or_throw(::open("/dev/null", O_RDONLY))));
  }
}

rlimit files_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit;
}

TEST(OpenFiles, OfATaskThatOpensMoreAreTooMany) {
  ProcessPoolExecutor pool(limited({.open_files = 100}));
  EXPECT_EQ(error_of(pool.submit(open_many)), std::errc::too_many_files_open);
  test_support::replace_worker(pool);
  EXPECT_EQ(error_of(pool.submit(open_many)), std::errc::too_many_files_open);
}

TEST(OpenFiles, CannotBeRaisedByATask) {
  ProcessPoolExecutor pool(limited({.open_files = 100}));
  EXPECT_EQ(pool.submit([] { return files_limit().rlim_max; }).result(), 100U);
}

TEST(OpenFiles, MayBeMoreThanTheProgramsSoftLimit) {
  const rlimit before = files_limit();
  const rlimit few{200, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  ProcessPoolExecutor pool(limited({.open_files = 300}));
  const rlim_t there = pool.submit([] { return files_limit().rlim_cur; }).result();
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(there, 300U);
}

TEST(OpenFiles, ThatLeaveAWorkerNoneBreakThePool) {
  ProcessPoolExecutor pool(limited({.open_files = 3}));
  const auto error =
      test_support::as<muster::BrokenProcessPool>(test_support::error_of_task(pool, [] {}));
  const std::string text = error.what();
  EXPECT_NE(text.find("its limits could not be set in a worker: limits.open_files is 3"),
            std::string::npos)
      << text;
}

TEST(OpenFiles, LeaveRoomForSharedArrays) {
  ProcessPoolExecutor pool(limited({.open_files = 64}));
  for (int i = 0; i < 200; ++i) {
    muster::SharedArray<int> array(1);
    array[0] = i;
    const auto next = pool.submit(
        [](const muster::SharedArray<int>& given) {
          muster::SharedArray<int> made(1);
          made[0] = given[0] + 1;
          return made;
        },
        array);
    ASSERT_EQ(next.result()[0], i + 1);
  }
}

}  // namespace
