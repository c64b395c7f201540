// What takes longer than MUSTER_MPI_SILENCE, which these tests are run with, and than other pools
// want to wait.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "mpi/cluster.hpp"
#include "support/own_folder.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;

// More than the silence that CMakeLists.txt sets.
constexpr auto kLong = 5s;

// The name of a file that somebody waits for. Plain bytes, so that a finalizer can capture it.
class Gate {
 public:
  explicit Gate(const std::string& path) { std::strncpy(path_.data(), path.c_str(), kMost - 1); }
  void wait() const {
    while (!std::filesystem::exists(path_.data())) std::this_thread::sleep_for(1ms);
  }
  void open() const { std::ofstream(path_.data()) << "open"; }

 private:
  static constexpr std::size_t kMost = 200;
  std::array<char, kMost> path_{};
};

// However a test ends.
class Opens {
 public:
  explicit Opens(const Gate& gate) : gate_(gate) {}
  ~Opens() { gate_.open(); }
  Opens(const Opens&) = delete;
  Opens& operator=(const Opens&) = delete;

 private:
  const Gate& gate_;
};

int one() { return 1; }
void nap() { std::this_thread::sleep_for(kLong); }
std::size_t size_once_open(const std::vector<char>& bytes, const std::string& path) {
  Gate(path).wait();
  return bytes.size();
}
volatile std::sig_atomic_t was_told = 0;
// Says that it has begun, and that it was told to end, and goes on.
void ignore_terminate(const std::string& begun, const std::string& told) {
  ::signal(SIGTERM, [](int) { was_told = 1; });
  std::ofstream(begun + ".pid") << ::getpid();
  Gate(begun).open();
  while (was_told == 0) std::this_thread::sleep_for(1ms);
  Gate(told).open();
  while (true) ::pause();
}
std::vector<char> many(std::size_t size) { return std::vector<char>(size, 'a'); }

TEST(MpiPatience, WhileAPoolEndsForLongOthersAreServedAndNoRankIsLost) {
  const test_support::OwnFolder folder;
  const Gate gate(folder.file("open"));
  muster::MpiPoolExecutor other({.max_workers = 1});
  muster::MpiPoolExecutor pool({.max_workers = 1, .finalizer = [gate] { gate.wait(); }});
  EXPECT_EQ(pool.submit(one).result(), 1);
  {
    std::jthread ends([&] { pool.shutdown(); });
    const Opens opens(gate);
    EXPECT_EQ(other.submit(one).result(), 1);
    other.submit(nap).result();
    EXPECT_EQ(other.submit(one).result(), 1);
  }
  muster::MpiPoolExecutor next({.max_workers = 1});
  EXPECT_EQ(next.submit(one).result(), 1);
}

TEST(MpiPatience, WhileWorkersAreStoppedForLongOthersAreServedAndNoRankIsLost) {
  const test_support::OwnFolder folder;
  const Gate begun(folder.file("begun"));
  const Gate told(folder.file("told"));
  muster::MpiPoolExecutor other({.max_workers = 1});
  muster::MpiPoolExecutor pool({.max_workers = 1, .kill_grace = 1h});
  auto stubborn = pool.submit(ignore_terminate, folder.file("begun"), folder.file("told"));
  begun.wait();
  pid_t worker = 0;
  std::ifstream(folder.file("begun.pid")) >> worker;
  ASSERT_GT(worker, 0);
  // A task that has been told to end, and does not: its rank waits for that.
  std::jthread stops([&] { pool.terminate_workers(); });
  told.wait();
  std::vector<muster::Future<int>> ones;
  for (int i = 0; i < 20; ++i) ones.push_back(other.submit(one));  // of all ranks
  for (auto& each : ones) EXPECT_EQ(each.result(), 1);
  other.submit(nap).result();
  for (auto& each : ones) each = other.submit(one);
  for (auto& each : ones) EXPECT_EQ(each.result(), 1);
  EXPECT_FALSE(stubborn.done()) << "nobody has killed it";
  ::kill(worker, SIGKILL);
  stops.join();
  EXPECT_THROW(stubborn.result(), muster::BrokenProcessPool);
  muster::MpiPoolExecutor next({.max_workers = 1});
  EXPECT_EQ(next.submit(one).result(), 1);
}

TEST(MpiPatience, TasksThatWaitForMemoryHoldUpNeitherTheRankNorSmallTasks) {
  const test_support::OwnFolder folder;
  const std::string path = folder.file("open");
  constexpr std::size_t kSize = std::size_t{3} << 20;
  // Arguments may have half of that: one task runs on a rank, and the others wait.
  muster::ProcessPoolOptions options = test_support::replacing(3);
  options.max_shared_memory = std::size_t{8} << 20;
  muster::MpiPoolExecutor pool(options);
  std::vector<muster::Future<std::size_t>> large;
  for (int i = 0; i < 5; ++i) {
    large.push_back(pool.submit(size_once_open, std::vector<char>(kSize), path));
  }
  EXPECT_EQ(pool.submit(one).result(), 1);
  while (!large.front().running()) std::this_thread::yield();
  EXPECT_TRUE(large.front().cancel(muster::CancelMode::kill));
  EXPECT_TRUE(large.back().cancel()) << "it waits for memory";
  muster::MpiPoolExecutor other({.max_workers = 1});
  other.submit(nap).result();
  EXPECT_EQ(pool.submit(one).result(), 1);
  Gate(path).open();
  for (std::size_t i = 1; i + 1 < large.size(); ++i) EXPECT_EQ(large[i].result(), kSize) << i;
  EXPECT_THROW(large.front().result(), muster::CancelledError);
  EXPECT_THROW(large.back().result(), muster::CancelledError);
}

TEST(MpiPatience, ATaskThatNeverFitsFailsAndHoldsUpNone) {
  muster::ProcessPoolOptions options = test_support::replacing(1);
  options.max_shared_memory = std::size_t{8} << 20;
  muster::MpiPoolExecutor pool(options);
  const test_support::OwnFolder folder;
  const Gate gate(folder.file("open"));
  auto runs = pool.submit(size_once_open, std::vector<char>(10), folder.file("open"));
  auto never = pool.submit(size_once_open, std::vector<char>(std::size_t{32} << 20), "");
  EXPECT_THROW((void)never.result(), muster::EncodingError);
  gate.open();
  EXPECT_EQ(runs.result(), 10U);
}

TEST(MpiPatience, AResultThatRankZeroHasNoMemoryForFailsAlone) {
  muster::MpiPoolExecutor pool({.max_workers = 1});
  EXPECT_EQ(pool.submit(one).result(), 1);
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_AS, &before), 0);
  const rlimit tight{pages * static_cast<std::size_t>(::getpagesize()) + (std::size_t{96} << 20),
                     before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &tight), 0);
  auto result = pool.submit(many, std::size_t{256} << 20);
  while (!result.done()) std::this_thread::yield();
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &before), 0);
  try {
    (void)result.result();
    FAIL() << "there was memory";
  } catch (const muster::EncodingError& error) {
    EXPECT_NE(std::string(error.what()).find("rank 0 has no memory"), std::string::npos)
        << error.what();
  }
  EXPECT_EQ(pool.submit(one).result(), 1);
}

TEST(MpiPatience, APoolIsBrokenOnceAnIdleWorkerHasDied) {
  muster::MpiPoolExecutor pool({.max_workers = 1});
  EXPECT_EQ(pool.submit(one).result(), 1);
  ::kill(pool.worker_pids().front().pid, SIGKILL);
  // Those of the other ranks are stopped, too.
  while (!pool.worker_pids().empty()) std::this_thread::yield();
  EXPECT_THROW((void)pool.submit(one), muster::BrokenProcessPool);
}

}  // namespace
