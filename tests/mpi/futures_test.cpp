#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "mpi/cluster.hpp"
#include "support/own_folder.hpp"
#include "support/watchdog.hpp"

namespace {

using namespace std::chrono_literals;

int one() { return 1; }
int answer(int n) { return n; }
void sleep_for_ever() {
  for (;;) pause();
}
void until_stopped() {
  while (!muster::this_task::stop_requested()) std::this_thread::sleep_for(1ms);
}

// Until it is so: with a watchdog over all.
template <class F>
void await(F&& so) {
  while (!so()) std::this_thread::sleep_for(1ms);
}

// Notes in the file that it has run, or waits until so many others have.
void note(const std::string& file, std::size_t others) {
  if (others == 0) {
    std::ofstream(file, std::ios::app) << '.';
  } else {
    await([&] {
      return std::filesystem::exists(file) && std::filesystem::file_size(file) >= others;
    });
  }
}

TEST(MpiFutures, LongTasksBehindALongOneGoToARankThatIsIdle) {
  muster::MpiPoolExecutor pool({.max_workers = 1});
  const test_support::OwnFolder folder;
  for (int round = 0; round < 3; ++round) {
    // After these each rank is given many tasks ahead.
    std::vector<muster::Future<int>> shorts;
    for (int i = 0; i < 20'000; ++i) shorts.push_back(pool.submit(one));
    for (const auto& future : shorts) future.result();
    const std::string file = folder.file(std::to_string(round));
    constexpr std::size_t kOthers = 40;
    std::vector<muster::Future<void>> longs;
    longs.push_back(pool.submit(note, file, kOthers));
    for (std::size_t i = 0; i < kOthers; ++i) {
      longs.push_back(pool.submit(note, file, std::size_t{0}));
    }
    for (const auto& future : longs) future.result();
  }
  EXPECT_EQ(pool.stats().cancelled, 0u);
}

TEST(MpiFutures, ManyThreadsSubmitAtOnce) {
  muster::MpiPoolExecutor pool({.max_workers = 1});
  std::atomic<int> all{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        std::vector<muster::Future<int>> futures;
        for (int i = 0; i < 5000; ++i) futures.push_back(pool.submit(one));
        for (const auto& future : futures) all += future.result();
      });
    }
  }
  EXPECT_EQ(all, 20'000);
}

TEST(MpiFutures, CallbacksRunAndAsCompletedGivesEachOnce) {
  muster::MpiPoolExecutor pool({.max_workers = 2});
  std::atomic<int> called{0};
  std::vector<muster::Future<int>> futures;
  for (int i = 0; i < 500; ++i) {
    futures.push_back(pool.submit(answer, i));
    futures.back().add_done_callback([&](const muster::Future<int>&) { ++called; });
  }
  int sum = 0;
  for (const auto& future : muster::as_completed(futures)) sum += future.result();
  EXPECT_EQ(sum, 499 * 250);
  pool.shutdown();
  EXPECT_EQ(called, 500);
}

TEST(MpiFutures, RunningIsTrueWhileAWorkerHasIt) {
  muster::MpiPoolExecutor pool({.max_workers = 1});
  auto future = pool.submit(until_stopped);
  await([&] { return future.running(); });
  EXPECT_FALSE(future.cancel());
  future.request_stop();
  EXPECT_NO_THROW(future.result());
}

TEST(MpiFutures, WhatHasNotBegunIsCancelled) {
  muster::MpiPoolExecutor pool({.max_workers = 1});
  std::vector<muster::Future<void>> running;
  for (int i = 0; i < 2; ++i) running.push_back(pool.submit(until_stopped));
  await([&] { return running[0].running() && running[1].running(); });
  std::vector<muster::Future<int>> waiting;
  for (int i = 0; i < 100; ++i) waiting.push_back(pool.submit(one));
  for (auto& future : waiting) {
    EXPECT_FALSE(future.running());
    EXPECT_TRUE(future.cancel());
    EXPECT_TRUE(future.cancelled());
    EXPECT_THROW(future.result(), muster::CancelledError);
  }
  for (auto& future : running) future.request_stop();
  for (auto& future : running) future.result();
  EXPECT_EQ(pool.submit(one).result(), 1);
  EXPECT_EQ(pool.stats().cancelled, 100u);
}

TEST(MpiFutures, ATaskIsStoppedThatWasAskedToBeforeItBegan) {
  muster::MpiPoolExecutor pool({.max_workers = 1});
  std::vector<muster::Future<void>> futures;
  for (int i = 0; i < 6; ++i) {
    futures.push_back(pool.submit(until_stopped));
    futures.back().request_stop();
  }
  for (auto& future : futures) future.result();
}

TEST(MpiFutures, CancelByKillingEndsOneThatRuns) {
  muster::MpiPoolExecutor pool(test_support::replacing(1));
  auto future = pool.submit(sleep_for_ever);
  await([&] { return future.running(); });
  EXPECT_TRUE(future.cancel(muster::CancelMode::kill));
  EXPECT_THROW(future.result(), muster::CancelledError);
  EXPECT_EQ(pool.submit(one).result(), 1);
}

TEST(MpiFutures, TrySubmitGivesNothingWhereSubmitWouldWait) {
  muster::MpiPoolExecutor pool({.max_workers = 1, .max_pending = 2});
  auto first = pool.submit(until_stopped);
  auto second = pool.submit(until_stopped);
  EXPECT_FALSE(pool.try_submit(one).has_value());
  first.request_stop();
  first.result();
  await([&] { return pool.try_submit(one).has_value(); });
  second.request_stop();
}

TEST(MpiFutures, ShutdownCancelsWhatHasNotBegun) {
  muster::MpiPoolExecutor pool({.max_workers = 1});
  std::vector<muster::Future<void>> running;
  for (int i = 0; i < 2; ++i) running.push_back(pool.submit(until_stopped));
  await([&] { return running[0].running() && running[1].running(); });
  auto waiting = pool.submit(one);
  pool.shutdown({.wait = false, .cancel_futures = true});
  EXPECT_THROW(waiting.result(), muster::CancelledError);
  for (auto& future : running) future.request_stop();
  pool.shutdown();
  for (auto& future : running) EXPECT_NO_THROW(future.result());
}

TEST(MpiFutures, AFutureOutlivesItsPool) {
  muster::Future<std::string> future;
  {
    muster::MpiPoolExecutor pool({.max_workers = 1});
    future = pool.submit([] { return std::string(100'000, 'x'); });
  }
  EXPECT_EQ(future.result().size(), 100'000u);
}

}  // namespace
