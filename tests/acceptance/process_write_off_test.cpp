// A worker that does not end of SIGKILL, as one that the kernel does not let go of: here it is
// frozen. It is given up after 5 s.

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/cgroup.hpp"
#include "support/failure.hpp"
#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;
using muster::ProcessPoolExecutor;
using test_support::failure_of;
using test_support::SharedGate;
using test_support::SharedLog;

// Version 2 of cgroups lets frozen processes be killed.
class WriteOff : public testing::Test {
 protected:
  void SetUp() override {
    if (!freezer_.why_not().empty()) GTEST_SKIP() << freezer_.why_not();
  }
  void TearDown() override { thaw(); }

  void freeze(pid_t pid) {
    frozen_ = pid;
    ASSERT_TRUE(freezer_.take_in(pid));
    ASSERT_TRUE(freezer_.write("freezer.state", "FROZEN"));
  }
  void thaw() {
    if (frozen_ == 0) return;
    freezer_.write("freezer.state", "THAWED");
    test_support::wait_for_end(frozen_);
    frozen_ = 0;
  }

  const test_support::Cgroup freezer_{"freezer", false};
  pid_t frozen_ = 0;
};

// What process `pid` has at `address`, whether it runs or not.
std::vector<int> memory_of(pid_t pid, std::int64_t address, std::size_t count) {
  std::vector<int> values(count);
  std::ifstream file("/proc/" + std::to_string(pid) + "/mem", std::ios::binary);
  file.seekg(address);
  file.read(reinterpret_cast<char*>(values.data()),
            static_cast<std::streamsize>(count * sizeof(int)));
  EXPECT_TRUE(file.good());
  return values;
}

// Its task's argument lies in shared memory, where the kernel may still read it, as for a write
// that it is in the midst of.
TEST_F(WriteOff, KeepsTheArgumentsAndTellsThatTheWorkerDidNotEnd) {
  constexpr std::size_t kCount = 50'000;
  ProcessPoolExecutor pool(
      {.max_workers = 1, .on_worker_death = muster::OnWorkerDeath::replace, .kill_grace = 10ms});
  const SharedLog place;
  const SharedGate frozen;
  auto overdue = pool.submit(
      {.name = "stuck", .task_timeout = 1s},
      [place, frozen](std::span<const int> values) {
        place.add(static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(values.data())));
        frozen.wait();
        for (;;) ::pause();
      },
      std::vector<int>(kCount, 7));
  place.wait_for_size(1);
  const pid_t worker = pool.worker_pids().at(0);
  freeze(worker);
  frozen.open();

  const std::string message = failure_of<muster::TaskTimeoutError>(overdue).what();
  EXPECT_NE(message.find("which does not end of SIGKILL and was given up"), std::string::npos)
      << message;
  EXPECT_EQ(message.find("killed for it"), std::string::npos) << message;
  EXPECT_TRUE(test_support::is_running(worker));

  // Tasks of its successor, with arguments that would fit there.
  for (int i = 0; i < 20; ++i) {
    const auto sum = [](std::span<const int> values) { return values[0] + values.back(); };
    EXPECT_EQ(pool.submit(sum, std::vector<int>(kCount, i)).result(), 2 * i);
  }
  EXPECT_EQ(memory_of(worker, place.values().at(0), kCount), std::vector<int>(kCount, 7));

  thaw();
  EXPECT_EQ(pool.submit([] { return 1; }).result(), 1);
}

// What a pool says of a worker that remains when it ends, and that it does not wait for kill_grace
// after a SIGKILL.
class WriteOffAtTheEnd : public WriteOff {
 protected:
  void SetUp() override {
    WriteOff::SetUp();
    if (IsSkipped()) return;
    pool_.emplace(muster::ProcessPoolOptions{.max_workers = 2, .kill_grace = 1h});
    stuck_ = pool_->submit([gate = never_] { gate.wait(); });
    other_ = pool_->submit([gate = never_] { gate.wait(); });
    while (!stuck_.running() || !other_.running()) ::usleep(100);
    freeze(pool_->worker_pids().at(0));
  }

  void expect_told() {
    const std::string left =
        "; worker 0 (pid " + std::to_string(frozen_) + ") does not end of SIGKILL and was given up";
    for (auto* future : {&stuck_, &other_}) {
      const std::string message = failure_of<muster::BrokenProcessPool>(*future).what();
      EXPECT_TRUE(message.ends_with(left)) << message;
    }
    EXPECT_TRUE(test_support::is_running(frozen_));
  }

  const SharedGate never_;
  std::optional<ProcessPoolExecutor> pool_;
  muster::Future<void> stuck_;
  muster::Future<void> other_;
};

TEST_F(WriteOffAtTheEnd, OfABrokenPool) {
  ASSERT_EQ(::kill(pool_->worker_pids().at(1), SIGKILL), 0);
  expect_told();
}

TEST_F(WriteOffAtTheEnd, OfAPoolWhoseWorkersAreKilled) {
  pool_->kill_workers();
  expect_told();
}

}  // namespace
