// Pools that start while other threads of the program hold locks: a worker that was forked from the
// program as it is would find them locked for ever.

#include <dlfcn.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#ifdef MUSTER_TEST_OPENMP
#include <omp.h>
#endif
#ifdef MUSTER_TEST_TBB
#include <tbb/parallel_for.h>
#endif

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/init.hpp"
#include "support/watchdog.hpp"

namespace {

std::mutex mutex_of_a_logger;

void log_line() {
  const std::lock_guard lock(mutex_of_a_logger);
  std::string line;
  for (int i = 0; i < 10'000; ++i) line += static_cast<char>('a' + i % 26);
  static std::atomic<std::size_t> logged{0};
  logged += line.size();
}

#ifdef MUSTER_TEST_OPENMP
void share_between_openmp_threads() {
  // More than there are processors: then they sleep while they have nothing to do.
  const int threads = omp_get_num_procs() + 1;
  std::atomic<int> shares{0};
#pragma omp parallel num_threads(threads)
  ++shares;
  if (shares == 0) std::abort();
}
#endif

// What each of the threads does without end; a task does it once, and would wait for ever for a
// lock that was copied while it was held.
const std::vector<std::function<void()>>& ways_to_lock() {
  static const std::vector<std::function<void()>> ways{
      [] { delete[] new char[100'000]; },
      [] { std::free(std::malloc(24)); },
      [] { std::vector<std::string>(100, std::string(100, 'x')).clear(); },
      [] { std::fflush(stdout); },
      [] { std::fprintf(stdin == nullptr ? stderr : stdout, "%s", ""); },
      [] { std::clog << "" << std::flush; },
      [] { ::dlclose(::dlopen("libm.so.6", RTLD_NOW)); },
      [] {
        const std::time_t now = 1'700'000'000;
        std::tm local{};
        ::localtime_r(&now, &local);
      },
      [] {
        std::ostringstream text;
        text.imbue(std::locale("C"));
        text << 3.5;
      },
#ifdef MUSTER_TEST_OPENMP
      &share_between_openmp_threads,
#endif
#ifdef MUSTER_TEST_TBB
      [] { tbb::parallel_for(0, 100, [](int) {}); },
#endif
      &log_line};
  return ways;
}

int use_all_locks() {
  for (const auto& way : ways_to_lock()) way();
  return 1;
}

TEST(CleanStart, OfAThousandPoolsWhileTenThreadsHoldLocks) {
  const char* const method = std::getenv("MUSTER_START_METHOD");
  if (method == nullptr) GTEST_SKIP() << "forked from such a program, workers can wait for ever";
  std::atomic<bool> ended{false};
  std::vector<std::thread> threads;
  for (const auto& way : ways_to_lock()) {
    threads.emplace_back([&ended, way] {
      while (!ended) {
        way();
        // So that two cores do for all of them; most of the time some hold their lock.
        std::this_thread::sleep_for(std::chrono::microseconds(20));
      }
    });
  }
  ASSERT_GE(threads.size(), 10U);
  for (int n = 0; n < 1000; ++n) {
    test_support::Watchdog::progress();
    muster::ProcessPoolExecutor pool({.max_workers = 1});
    ASSERT_EQ(pool.submit(use_all_locks).result(), 1);
  }
  ended = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
