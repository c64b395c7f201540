// Shared memory of a pool: it is used again, goes back when nobody uses it, and is limited where
// the program says so.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::EncodingError;
using muster::Future;
using muster::OnMemoryLimit;
using muster::ProcessPoolExecutor;
using test_support::failure_of;
using test_support::SharedGate;

constexpr std::uint64_t kMiB = 1 << 20;

std::size_t size_of(std::span<const char> bytes) { return bytes.size(); }
std::size_t wait_and_size_of(SharedGate gate, std::span<const char> bytes) {
  gate.wait();
  return bytes.size();
}
std::vector<char> make(std::size_t size) { return std::vector<char>(size, 'm'); }
std::uint64_t shared_memory(const ProcessPoolExecutor& pool) {
  return pool.stats().shared_memory_bytes;
}

// Waits for what an idle pool does by itself; the watchdog ends it.
template <class Condition>
void wait_until(Condition condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

TEST(MemoryOfAPool, IsCountedAndUsedAgain) {
  ProcessPoolExecutor pool({.max_workers = 1});
  EXPECT_EQ(pool.stats().arguments_bytes + pool.stats().results_bytes, 0U);
  const SharedGate gate;
  const std::vector<char> argument(4 * kMiB, 'a');
  auto waits = pool.submit(wait_and_size_of, gate, argument);
  EXPECT_GE(pool.stats().arguments_bytes, argument.size());
  gate.open();
  waits.result();
  auto result = pool.submit(make, 4 * kMiB);
  ASSERT_EQ(result.view().size(), 4 * kMiB);
  EXPECT_GE(pool.stats().results_bytes, 4 * kMiB);
  const std::uint64_t most = shared_memory(pool);
  result = {};
  for (int i = 0; i < 50; ++i) {
    pool.submit(size_of, argument).result();
    pool.submit(make, 4 * kMiB).result();
  }
  EXPECT_LE(shared_memory(pool), most + 9 * kMiB);
}

TEST(MemoryOfAPool, GoesBackWhenNobodyUsesIt) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const std::uint64_t before = shared_memory(pool);
  for (int i = 0; i < 4; ++i) {
    pool.submit(size_of, std::vector<char>(20 * kMiB, 'a')).result();
    pool.submit(make, 20 * kMiB).result();
  }
  EXPECT_GE(shared_memory(pool), before + 40 * kMiB);
  wait_until([&] { return shared_memory(pool) <= before + kMiB; });
  // And it serves on.
  EXPECT_EQ(pool.submit(make, 20 * kMiB).result().size(), 20 * kMiB);
}

TEST(MemoryOfAPool, GoesBackBetweenResultsThatAreHeld) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const std::uint64_t before = shared_memory(pool);
  std::vector<Future<std::vector<char>>> held;
  std::vector<Future<std::vector<char>>> dropped;
  for (int i = 0; i < 8; ++i) {
    dropped.push_back(pool.submit(make, 8 * kMiB));
    held.push_back(pool.submit(make, 10'000));
  }
  for (auto& future : dropped) EXPECT_EQ(future.view().size(), 8 * kMiB);
  for (auto& future : held) EXPECT_EQ(future.view().back(), 'm');
  dropped.clear();
  wait_until([&] { return shared_memory(pool) <= before + 2 * kMiB; });
  for (auto& future : held) EXPECT_EQ(future.result(), make(10'000));
}

TEST(MemoryOfAPool, EndsNearItsStartAfterSizesOfAllKinds) {
  ProcessPoolExecutor pool({.max_workers = 2, .max_tasks_per_child = 100});
  const std::uint64_t before = shared_memory(pool);
  std::mt19937 random(3);
  std::vector<Future<std::vector<char>>> results;
  for (int i = 0; i < 600; ++i) {
    const std::size_t size = std::size_t{8} << random() % 21;  // to 8 MiB
    if (i % 2 == 0) {
      pool.submit(size_of, std::vector<char>(size, 'a'));
    } else {
      results.push_back(pool.submit(make, size));
    }
    if (results.size() > 20) {
      const std::size_t which = random() % results.size();
      ASSERT_EQ(results[which].view().front(), 'm');
      results.erase(results.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
  results.clear();
  wait_until([&] { return shared_memory(pool) <= before + kMiB; });
}

// ---- ProcessPoolOptions::max_shared_memory ----

TEST(MemoryLimitOfAPool, MustMakeSense) {
  EXPECT_THROW(ProcessPoolExecutor({.max_workers = 1, .max_shared_memory = 1000}),
               muster::InvalidArgumentError);
  EXPECT_THROW(ProcessPoolExecutor({.max_workers = 1,
                                    .max_shared_memory = std::numeric_limits<std::size_t>::max()}),
               muster::InvalidArgumentError);
  EXPECT_THROW(ProcessPoolExecutor({.max_workers = 1,
                                    .max_shared_memory = kMiB,
                                    .on_memory_limit = static_cast<OnMemoryLimit>(7)}),
               muster::InvalidArgumentError);
  ProcessPoolExecutor pool({.max_workers = 1, .max_shared_memory = 16 * kMiB});
  EXPECT_EQ(pool.stats().max_shared_memory, 16 * kMiB);
}

TEST(MemoryLimitOfAPool, ArgumentsBeyondItAreAnErrorOfTheirFuture) {
  ProcessPoolExecutor pool({.max_workers = 1, .max_shared_memory = 16 * kMiB});
  const auto future = pool.submit(size_of, std::vector<char>(9 * kMiB, 'a'));
  const std::string what = failure_of<EncodingError>(future).what();
  EXPECT_NE(what.find("half of max_shared_memory"), std::string::npos) << what;
  EXPECT_EQ(pool.submit(size_of, std::vector<char>(7 * kMiB, 'a')).result(), 7 * kMiB);
}

TEST(MemoryLimitOfAPool, MakesSubmitWait) {
  ProcessPoolExecutor pool({.max_workers = 1, .max_shared_memory = 16 * kMiB});
  const SharedGate gate;
  const std::vector<char> argument(3 * kMiB, 'a');
  std::vector<Future<std::size_t>> futures;
  for (int i = 0; i < 2; ++i) futures.push_back(pool.submit(wait_and_size_of, gate, argument));
  EXPECT_FALSE(pool.try_submit(size_of, argument).has_value());
  // Without arguments of that kind there is nothing to wait for.
  futures.push_back(pool.submit([gate] {
    gate.wait();
    return std::size_t{0};
  }));
  std::thread opener([&] {
    wait_until([&] { return pool.stats().submitted >= 3; });
    gate.open();
  });
  for (int i = 0; i < 20; ++i) futures.push_back(pool.submit(size_of, argument));
  opener.join();
  for (auto& future : futures) future.result();
  EXPECT_LE(shared_memory(pool), 16 * kMiB + 4 * kMiB);
}

TEST(MemoryLimitOfAPool, MakesSubmitThrowWhereThatIsWanted) {
  ProcessPoolExecutor pool(
      {.max_workers = 1, .max_shared_memory = 16 * kMiB, .on_memory_limit = OnMemoryLimit::error});
  const SharedGate gate;
  const std::vector<char> argument(3 * kMiB, 'a');
  std::vector<Future<std::size_t>> futures;
  for (int i = 0; i < 2; ++i) futures.push_back(pool.submit(wait_and_size_of, gate, argument));
  try {
    pool.submit(size_of, argument);
    ADD_FAILURE() << "it was taken";
  } catch (const EncodingError& error) {
    EXPECT_NE(std::string(error.what()).find("that max_shared_memory leaves to arguments"),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(pool.stats().submitted, 2U);
  gate.open();
  for (auto& future : futures) EXPECT_EQ(future.result(), argument.size());
  EXPECT_EQ(pool.submit(size_of, argument).result(), argument.size());
}

TEST(MemoryLimitOfAPool, DoesNotMakeACallbackWait) {
  ProcessPoolExecutor pool({.max_workers = 1, .max_shared_memory = 4 * kMiB});
  std::vector<Future<std::size_t>> futures;
  const std::vector<char> argument(kMiB, 'a');
  const SharedGate submitted;
  pool.submit([] {}).add_done_callback([&](Future<void>) {
    for (int i = 0; i < 20; ++i) futures.push_back(pool.submit(size_of, argument));
    submitted.open();
  });
  submitted.wait();
  ASSERT_EQ(futures.size(), 20U);
  for (auto& future : futures) EXPECT_EQ(future.result(), argument.size());
}

TEST(MemoryLimitOfAPool, HoldsNobodyBackForResultsThatNobodyCollects) {
  ProcessPoolExecutor pool({.max_workers = 2, .max_shared_memory = 8 * kMiB});
  std::vector<Future<std::vector<char>>> results;
  for (int i = 0; i < 60; ++i) results.push_back(pool.submit(make, kMiB));
  const std::vector<char> argument(kMiB, 'a');
  for (int i = 0; i < 60; ++i) pool.submit(size_of, argument);
  wait_until([&] { return pool.stats().finished == 120; });
  // What was on its way goes back.
  wait_until([&] { return shared_memory(pool) <= 8 * kMiB; });
  EXPECT_LE(pool.stats().results_bytes, 4 * kMiB);
  for (auto& result : results) EXPECT_EQ(result.view().size(), kMiB);
}

TEST(MemoryLimitOfAPool, IsKeptByAMapOfLongItems) {
  ProcessPoolExecutor pool({.max_workers = 2, .max_shared_memory = 8 * kMiB});
  const std::vector<std::string> items(100, std::string(500'000, 'i'));
  std::size_t sum = 0;
  for (const std::size_t size : pool.map([](const std::string& s) { return s.size(); }, items)) {
    sum += size;
  }
  EXPECT_EQ(sum, 50'000'000U);
  EXPECT_LE(shared_memory(pool), 8 * kMiB + 4 * kMiB);
}

TEST(MemoryLimitOfAPool, ThreadsThatSubmitAtOnceAllGetOn) {
  ProcessPoolExecutor pool({.max_workers = 2, .max_shared_memory = 4 * kMiB});
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&pool, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      for (int i = 0; i < 40; ++i) {
        const std::size_t size = 2 + random() % (2 * kMiB - 4096);
        ASSERT_EQ(pool.submit(size_of, std::vector<char>(size, 'a')).result(), size);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
