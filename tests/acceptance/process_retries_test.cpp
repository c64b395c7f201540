// TaskOptions::retries.

#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/failure.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"

namespace {

using namespace std::chrono_literals;
using muster::ProcessPoolExecutor;
using muster::WorkerDiedError;
using test_support::End;
using test_support::failure_of;
using test_support::SharedCounter;
using test_support::SharedGate;

muster::ProcessPoolOptions replacing(std::size_t workers) {
  return {.max_workers = workers,
          .on_worker_death = muster::OnWorkerDeath::replace,
          .restart_intensity = {.deaths = 0}};
}

// The number of the attempt; kills its worker in the first `deaths` of them.
auto dies_first(SharedCounter attempts, int deaths) {
  return [attempts, deaths] {
    const auto attempt = attempts.add();
    if (attempt <= deaths) test_support::end_worker(End::killed);
    return attempt;
  };
}

// Behaviour 1c.3.
TEST(Retries, TaskIsRunAgainWhenItsWorkerDied) {
  ProcessPoolExecutor pool(replacing(2));
  const SharedCounter attempts;
  EXPECT_EQ(pool.submit({.retries = 2}, dies_first(attempts, 2)).result(), 3);
  EXPECT_EQ(attempts.value(), 3);
}

// Behaviour 1c.3.
TEST(Retries, TaskFailsWhenTheyAreUsedUp) {
  ProcessPoolExecutor pool(replacing(2));
  const SharedCounter attempts;
  auto future = pool.submit({.retries = 2}, dies_first(attempts, 100));
  EXPECT_EQ(failure_of<WorkerDiedError>(future).term_signal(), SIGKILL);
  EXPECT_EQ(attempts.value(), 3);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(Retries, ErrorTellsOfTheFirstDeathsAndHowManyMoreThereWere) {
  ProcessPoolExecutor pool(replacing(1));
  auto future = pool.submit({.retries = 20}, dies_first(SharedCounter(), 100));
  const std::string text = failure_of<WorkerDiedError>(future).what();
  EXPECT_EQ(count(text, "was killed by SIGKILL"), 17U) << text;
  EXPECT_TRUE(text.ends_with(", and 4 deaths more")) << text;
}

TEST(Retries, ErrorOfAPoolThatBrokeTellsTheAttempt) {
  auto options = replacing(1);
  options.restart_intensity = {.deaths = 2, .within = 3600s};
  ProcessPoolExecutor pool(options);
  auto future = pool.submit({.retries = 5}, dies_first(SharedCounter(), 100));
  const std::string text = failure_of<muster::BrokenProcessPool>(future).what();
  EXPECT_EQ(count(text, "because 3 workers died within 3600 s;"), 1U) << text;
  EXPECT_EQ(count(text, ", attempt 3 of 6)"), 1U) << text;
}

// Behaviour 1c.3: at most once by default.
TEST(Retries, NoneByDefault) {
  ProcessPoolExecutor pool(replacing(2));
  const SharedCounter attempts;
  failure_of<WorkerDiedError>(pool.submit(dies_first(attempts, 100)));
  EXPECT_EQ(attempts.value(), 1);
}

// Behaviour 1c.3.
TEST(Retries, ExceptionTakesNone) {
  ProcessPoolExecutor pool(replacing(1));
  const SharedCounter attempts;
  auto future = pool.submit({.retries = 3}, [attempts] {
    attempts.add();
    throw std::out_of_range("not again");
  });
  failure_of<std::out_of_range>(future);
  EXPECT_EQ(attempts.value(), 1);
}

// Being stopped for a timeout takes no retry and is never run again.
TEST(Retries, TimeLimitTakesNone) {
  ProcessPoolExecutor pool(replacing(1));
  const SharedCounter attempts;
  const SharedGate never;
  auto future = pool.submit({.task_timeout = 50ms, .retries = 3}, [attempts, never] {
    attempts.add();
    never.wait();
  });
  failure_of<muster::TaskTimeoutError>(future);
  pool.submit([] {}).result();
  EXPECT_EQ(attempts.value(), 1);
}

// Being stopped for a cancel takes no retry and is never run again.
TEST(Retries, KillingCancelTakesNone) {
  ProcessPoolExecutor pool(replacing(1));
  const SharedCounter attempts;
  const SharedGate never;
  auto future = pool.submit({.retries = 3}, [attempts, never] {
    attempts.add();
    never.wait();
  });
  attempts.wait_at_least(1);
  EXPECT_TRUE(future.cancel(muster::CancelMode::kill));
  EXPECT_TRUE(future.cancelled());
  pool.submit([] {}).result();
  EXPECT_EQ(attempts.value(), 1);
}

// Behaviour 1c.3: retries are of each item.
TEST(Retries, ItemsOfAMapAreRunAgain) {
  for (std::size_t chunksize : {1U, 4U}) {
    ProcessPoolExecutor pool(replacing(2));
    const SharedCounter attempts;
    auto results = pool.map(
        {.chunksize = chunksize, .task = {.retries = 1}},
        [attempts](int n) {
          if (n == 5 && attempts.add() == 1) test_support::end_worker(End::killed);
          return n;
        },
        std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
    std::vector<int> values;
    for (int n : results) values.push_back(n);
    EXPECT_EQ(values, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(attempts.value(), 2);
  }
}

// Behaviour 1c.3: an item's deaths are not told of, or counted for, the next one in its chunk.
TEST(Retries, EachItemOfAChunkHasItsOwn) {
  ProcessPoolExecutor pool(replacing(1));
  const SharedCounter of_two;
  const SharedCounter of_five;
  auto results = pool.map(
      {.chunksize = 8, .task = {.retries = 1}},
      [of_two, of_five](int n) {
        if (n == 2 && of_two.add() == 1) test_support::end_worker(End::killed);
        if (n == 5 && of_five.add() <= 2) test_support::end_worker(End::killed);
        return n;
      },
      std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
  for (auto&& outcome : results.outcomes()) {
    if (outcome.index() != 5) {
      EXPECT_EQ(outcome.value(), static_cast<int>(outcome.index()));
      continue;
    }
    try {
      (void)outcome.value();
      ADD_FAILURE() << "it has died twice";
    } catch (const WorkerDiedError& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find("attempt 2 of 2"), std::string::npos) << text;
      EXPECT_EQ(count(text, "was killed by SIGKILL"), 2U) << text;
    }
  }
  EXPECT_EQ(of_two.value(), 2);
  EXPECT_EQ(of_five.value(), 2);
}

// Under break_pool there is no worker left to run it again.
TEST(Retries, MeanNothingUnderBreakPool) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const SharedCounter attempts;
  auto future = pool.submit({.retries = 3}, dies_first(attempts, 100));
  const std::string text = failure_of<muster::BrokenProcessPool>(future).what();
  EXPECT_EQ(attempts.value(), 1);
  EXPECT_EQ(count(text, "attempt"), 0U) << text;
}

}  // namespace
