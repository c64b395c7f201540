// WorkerLimits::memory_bytes.

#include <cstddef>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "lib/common/sanitizers.hpp"
#include "support/limited_pool.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::ProcessPoolExecutor;
using test_support::failure_of;
using test_support::limited;

constexpr std::size_t kMiB = std::size_t{1} << 20;

std::size_t allocate(std::size_t bytes) { return std::vector<char>(bytes, 'x').size(); }

class MemoryBytes : public testing::Test {
 protected:
  void SetUp() override {
    if (muster::detail::kSanitized) GTEST_SKIP() << "the sanitizer's allocator ends the process";
  }
};

TEST_F(MemoryBytes, AreWhatATaskMayAllocate) {
  ProcessPoolExecutor pool(limited({.memory_bytes = 256 * kMiB}));
  EXPECT_EQ(pool.submit(allocate, 100 * kMiB).result(), 100 * kMiB);
  failure_of<std::bad_alloc>(pool.submit(allocate, 300 * kMiB));
  EXPECT_EQ(pool.submit(allocate, 100 * kMiB).result(), 100 * kMiB);
  EXPECT_EQ(pool.stats().deaths, 0U);
}

TEST_F(MemoryBytes, HoldInAReplacementAsInTheFirst) {
  ProcessPoolExecutor pool(limited({.memory_bytes = 256 * kMiB}));
  test_support::replace_worker(pool);
  EXPECT_EQ(pool.submit(allocate, 100 * kMiB).result(), 100 * kMiB);
  failure_of<std::bad_alloc>(pool.submit(allocate, 300 * kMiB));
}

TEST_F(MemoryBytes, HoldInTheInitializer) {
  auto options = limited({.memory_bytes = 64 * kMiB});
  options.initializer = [] { allocate(100 * kMiB); };
  ProcessPoolExecutor pool(options);
  const auto error =
      test_support::as<muster::BrokenProcessPool>(test_support::error_of_task(pool, [] {}));
  EXPECT_NE(std::string(error.what()).find("std::bad_alloc"), std::string::npos) << error.what();
}

// Results lie in memory that was mapped before, and have room of their own.
TEST_F(MemoryBytes, LeaveRoomForLargeArgumentsAndResults) {
  ProcessPoolExecutor pool(limited({.memory_bytes = 64 * kMiB}));
  const std::vector<char> sent(40 * kMiB, 'y');
  const auto twice = pool.submit(
      [](std::span<const char> bytes) { return std::string(bytes.begin(), bytes.end()); }, sent);
  EXPECT_EQ(twice.result().size(), sent.size());
}

TEST_F(MemoryBytes, CountWhatIsMapped) {
  ProcessPoolExecutor pool(limited({.memory_bytes = 64 * kMiB}));
  muster::SharedArray<char> large(100 * kMiB);
  const auto size = [](const muster::SharedArray<char>& array) { return array.size(); };
  failure_of<muster::EncodingError>(pool.submit(size, large));
  EXPECT_EQ(pool.submit(size, muster::SharedArray<char>(10 * kMiB)).result(), 10 * kMiB);
}

TEST_F(MemoryBytes, LetATaskMakeThreads) {
  ProcessPoolExecutor pool(limited({.memory_bytes = 256 * kMiB}));
  const auto sum = pool.submit([] {
    int count = 0;
    std::thread([&] { count = static_cast<int>(allocate(1000)); }).join();
    return count;
  });
  EXPECT_EQ(sum.result(), 1000);
}

}  // namespace
