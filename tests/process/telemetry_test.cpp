// What stats() of a process pool tells of tasks by name, of times, failures and deaths.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "lib/client/pool_segments.hpp"
#include "lib/inspect/snapshot.hpp"
#include "support/failure.hpp"
#include "support/no_descriptors.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"
#include "support/worker_ends.hpp"

namespace {

using namespace std::chrono_literals;
using muster::FailureStats;
using muster::Future;
using muster::OnWorkerDeath;
using muster::PoolStats;
using muster::ProcessPoolExecutor;
using muster::TaskNameStats;
using test_support::End;

const TaskNameStats& of_name(const PoolStats& stats, const std::string& name) {
  const auto found = std::ranges::find(stats.tasks, name, &TaskNameStats::name);
  if (found == stats.tasks.end()) throw std::out_of_range("no task is called " + name);
  return *found;
}

void burn(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

TEST(Telemetry, CountsAndTimesTasksByName) {
  ProcessPoolExecutor pool({.max_workers = 2});
  for (int i = 0; i < 10; ++i) pool.submit({.name = "short"}, burn, 100us).result();
  for (int i = 0; i < 3; ++i) pool.submit({.name = "long"}, burn, 20'000us).result();
  const PoolStats stats = pool.stats();
  ASSERT_EQ(stats.tasks.size(), 2U);
  EXPECT_EQ(stats.tasks[0].name, "short");  // the one done most comes first
  EXPECT_EQ(of_name(stats, "short").done, 10U);
  EXPECT_EQ(of_name(stats, "long").done, 3U);
  EXPECT_EQ(of_name(stats, "long").failed, 0U);
  EXPECT_EQ(of_name(stats, "long").timed, 3U);
  EXPECT_GE(of_name(stats, "long").run_time.quantile(0).seconds(), 0.02 * 0.98);
  EXPECT_GE(of_name(stats, "short").run_time.quantile(0).seconds(), 0.0001 * 0.98);
  EXPECT_EQ(stats.run_time.count(), 13U);
  EXPECT_EQ(stats.queue_time.count(), 13U);
  EXPECT_EQ(stats.sampling, 1U);
}

TEST(Telemetry, TellsHowLongTasksWaited) {
  ProcessPoolExecutor pool({.max_workers = 1});
  pool.submit([] {}).result();
  test_support::SharedGate second_waits;
  auto first = pool.submit({.name = "first"}, [second_waits] {
    second_waits.wait();
    burn(30'000us);
  });
  auto second = pool.submit({.name = "second"}, [] {});
  second_waits.open();
  second.result();
  // The second one waited for the first, and so did nobody else.
  EXPECT_GE(pool.stats().queue_time.quantile(1).seconds(), 0.03 * 0.98);
}

TEST(Telemetry, CountsEachTinyTaskAndTimesSome) {
  constexpr std::uint64_t kTasks = 200'000;
  ProcessPoolExecutor pool({.max_workers = 2});
  std::vector<Future<void>> all;
  for (std::uint64_t i = 0; i < kTasks; ++i) all.push_back(pool.submit({.name = "tiny"}, [] {}));
  for (const auto& future : all) future.result();
  pool.shutdown();
  const PoolStats stats = pool.stats();
  const TaskNameStats& tiny = of_name(stats, "tiny");
  EXPECT_EQ(tiny.done, kTasks);
  EXPECT_GT(tiny.timed, 0U);
  EXPECT_LE(tiny.timed, kTasks);
  // Each that is timed stands for those that are not.
  EXPECT_GE(tiny.run_time.count(), tiny.timed);
}

// One in 64 is no fair share where what tasks are like comes in turns.
TEST(Telemetry, TimesTasksByChanceAndNotInTurns) {
  constexpr std::uint64_t kTasks = 100'000;
  ProcessPoolExecutor pool({.max_workers = 1});
  std::vector<Future<void>> all;
  for (std::uint64_t i = 0; i < kTasks; ++i) {
    all.push_back(pool.submit({.name = i % 2 == 0 ? "even" : "odd"}, [] {}));
  }
  for (const auto& future : all) future.result();
  pool.shutdown();
  const PoolStats stats = pool.stats();
  const std::uint64_t even = of_name(stats, "even").run_time.count();
  const std::uint64_t odd = of_name(stats, "odd").run_time.count();
  // Some 800 are chosen of either, so that each stands within a fifth of what there were.
  EXPECT_NEAR(static_cast<double>(even), kTasks / 2.0, kTasks / 10.0);
  EXPECT_NEAR(static_cast<double>(odd), kTasks / 2.0, kTasks / 10.0);
}

TEST(Telemetry, TimesEachLongTaskAfterManyTinyOnes) {
  ProcessPoolExecutor pool({.max_workers = 4});
  std::vector<Future<void>> all;
  for (int i = 0; i < 100'000; ++i) all.push_back(pool.submit({.name = "tiny"}, [] {}));
  for (const auto& future : all) future.result();
  for (int i = 0; i < 50; ++i) pool.submit({.name = "long"}, burn, 2'000us).result();
  EXPECT_EQ(of_name(pool.stats(), "long").timed, 50U);
}

TEST(Telemetry, TimesEachLongTaskAmongTinyOnesOfItsName) {
  ProcessPoolExecutor pool({.max_workers = 1});
  std::vector<Future<void>> all;
  for (int i = 0; i < 20'000; ++i) {
    // So many that the clock is read at the start of each task.
    const auto time = i % 20 == 0 ? 100us : 0us;
    all.push_back(pool.submit({.name = "mixed"}, burn, time));
  }
  for (const auto& future : all) future.result();
  pool.shutdown();
  const PoolStats stats = pool.stats();
  const auto long_ones = [&] {
    std::uint64_t count = 0;
    for (const auto& bucket : of_name(stats, "mixed").run_time.buckets()) {
      if (bucket.low.seconds() > 50e-6) count += bucket.count;
    }
    return count;
  };
  EXPECT_GE(long_ones(), 900U);
}

TEST(Telemetry, CountsTasksThatWereLostWithTheirWorkers) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  for (int i = 0; i < 3; ++i) {
    pool.submit({.name = "deadly"}, test_support::end_worker, End::killed).exception();
  }
  pool.submit({.name = "slow", .task_timeout = 10ms}, burn, 60'000'000us).exception();
  const PoolStats stats = pool.stats();
  EXPECT_EQ(of_name(stats, "deadly").lost, 3U);
  EXPECT_EQ(of_name(stats, "deadly").done, 0U);
  EXPECT_EQ(of_name(stats, "slow").lost, 1U);
  ProcessPoolExecutor breaks({.max_workers = 1});
  breaks.submit({.name = "deadly"}, test_support::end_worker, End::killed).exception();
  EXPECT_EQ(of_name(breaks.stats(), "deadly").lost, 1U);
}

TEST(Telemetry, CountsFailuresByWhatTheySay) {
  ProcessPoolExecutor pool({.max_workers = 2});
  const auto fail = [](int i) {
    if (i % 3 == 0) throw std::runtime_error("no such file");
    if (i % 3 == 1) throw std::invalid_argument("not a number");
    throw i;
  };
  for (int i = 0; i < 10; ++i) pool.submit({.name = "parse"}, fail, i).exception();
  const PoolStats stats = pool.stats();
  EXPECT_EQ(of_name(stats, "parse").failed, 10U);
  EXPECT_EQ(of_name(stats, "parse").done, 10U);
  ASSERT_EQ(stats.failures.size(), 3U);
  EXPECT_EQ(stats.failures[0].message, "std::runtime_error: no such file");
  EXPECT_EQ(stats.failures[0].count, 4U);
  EXPECT_EQ(stats.failures[0].task_name, "parse");
  const auto number = std::ranges::find(stats.failures, "int", &FailureStats::message);
  ASSERT_NE(number, stats.failures.end());
  EXPECT_EQ(number->count, 3U);
}

TEST(Telemetry, CountsFailedItemsOfMapOneByOne) {
  ProcessPoolExecutor pool({.max_workers = 1});
  std::vector<int> inputs(100);
  for (int i = 0; i < 100; ++i) inputs[static_cast<std::size_t>(i)] = i;
  auto results = pool.map(
      {.chunksize = 50},
      [](int i) {
        if (i % 10 == 0) throw std::runtime_error("a round number");
        return i;
      },
      inputs);
  int failed = 0;
  for (auto it = results.begin(); it != results.end();) {
    try {
      (void)*it;
    } catch (const std::runtime_error&) {
      ++failed;
    }
    ++it;
  }
  const PoolStats stats = pool.stats();
  ASSERT_EQ(stats.failures.size(), 1U);
  EXPECT_EQ(stats.failures[0].count, 10U);
  EXPECT_EQ(failed, 10);
}

TEST(Telemetry, HasOneEntryForTheFailuresThatHaveNoRoom) {
  ProcessPoolExecutor pool({.max_workers = 1});
  for (int i = 0; i < 200; ++i) {
    pool.submit([](int n) { throw std::runtime_error("item " + std::to_string(n)); }, i)
        .exception();
  }
  const PoolStats stats = pool.stats();
  std::uint64_t sum = 0;
  for (const FailureStats& failure : stats.failures) sum += failure.count;
  EXPECT_EQ(sum, 200U);
  EXPECT_EQ(stats.failures[0].message, "(others)");
}

TEST(Telemetry, CutsLongMessagesAndTakesAnyBytes) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const std::string odd = "\x1b[31m\xff\n" + std::string(5000, 'x');
  pool.submit([](const std::string& text) { throw std::runtime_error(text); }, odd).exception();
  const PoolStats stats = pool.stats();
  ASSERT_EQ(stats.failures.size(), 1U);
  EXPECT_TRUE(stats.failures[0].message.starts_with("std::runtime_error: \x1b[31m\xff\n"));
  EXPECT_LT(stats.failures[0].message.size(), 300U);
}

TEST(Telemetry, TellsOfDeaths) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  auto deadly = pool.submit({.name = "deadly"}, test_support::end_worker, End::segfault);
  test_support::failure_of<muster::WorkerDiedError>(deadly);
  auto left = pool.submit({.name = "leaver"}, test_support::end_worker, End::exits_one);
  test_support::failure_of<muster::WorkerDiedError>(left);
  const PoolStats stats = pool.stats();
  ASSERT_EQ(stats.last_deaths.size(), 2U);
  EXPECT_EQ(stats.last_deaths[0].number, 2U);
  EXPECT_EQ(stats.last_deaths[0].death.exit_code, 1);
  EXPECT_EQ(stats.last_deaths[0].death.task_name, "leaver");
  const muster::DeathStats& crash = stats.last_deaths[1];
  EXPECT_EQ(crash.death.term_signal, SIGSEGV);
  EXPECT_EQ(crash.death.task_name, "deadly");
  EXPECT_NE(crash.task_id, 0U);
  EXPECT_FALSE(crash.frames.empty());
  EXPECT_FALSE(crash.death.backtrace.empty());
  EXPECT_NE(crash.sentence.find("SIGSEGV"), std::string::npos) << crash.sentence;
  EXPECT_LE(crash.at, std::chrono::system_clock::now() + 1s);
  EXPECT_GE(crash.at, std::chrono::system_clock::now() - 1h);
}

TEST(Telemetry, KeepsWhatAWorkerHasToldBeyondItsDeath) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  for (int i = 0; i < 5; ++i) pool.submit({.name = "work"}, [] {}).result();
  pool.submit({.name = "work"}, [] { throw std::runtime_error("once"); }).exception();
  pool.submit(test_support::end_worker, End::killed).exception();
  pool.submit({.name = "work"}, [] {}).result();
  pool.submit({.name = "work"}, [] { throw std::runtime_error("once"); }).exception();
  const PoolStats stats = pool.stats();
  EXPECT_EQ(of_name(stats, "work").done, 8U);
  ASSERT_EQ(stats.failures.size(), 1U);
  EXPECT_EQ(stats.failures[0].count, 2U);
}

TEST(Telemetry, TellsTheMemoryOfEachProcessAndNotOfItsPredecessor) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  pool.submit([] {
        const std::vector<char> much(200 << 20, 'x');
        burn(5'000us);
        return much[much.size() / 2];
      })
      .result();
  EXPECT_GE(pool.stats().workers.at(0).max_rss_bytes, std::uint64_t{200} << 20);
  pool.submit(test_support::end_worker, End::killed).exception();
  pool.submit([] {}).result();
  EXPECT_LT(pool.stats().workers.at(0).max_rss_bytes, std::uint64_t{200} << 20);
}

TEST(Telemetry, TakesNoMemoryByBeingLookedAt) {
  ProcessPoolExecutor pool({.max_workers = 1});
  for (int i = 0; i < 40; ++i) {
    pool.submit({.name = "name " + std::to_string(i)}, burn, 1'000us).result();
  }
  const std::uint64_t before = pool.stats().shared_memory_bytes;
  EXPECT_EQ(pool.stats().shared_memory_bytes, before);
  pool.submit({.name = "name 0"}, burn, 1'000us).result();
  // Its own, perhaps, and none for forty histograms.
  EXPECT_LE(pool.stats().shared_memory_bytes, before + 8 * 4096);
}

TEST(Telemetry, HasPagesForWhatEachWorkerCountsBeforeAnyWorkerDoes) {
  using namespace muster::detail;
  constexpr std::size_t kWorkers = 3;
  PoolSegments segments("pages", Geometry::choose(kWorkers), false);
  segments.allocate();
  const std::size_t before = segments.backed_bytes();
  const Geometry& g = segments.geometry();
  const auto region = map_shared(segments.for_supervisor().results, boost::interprocess::read_write,
                                 0, g.results_bytes());
  for (std::size_t w = 0; w < kWorkers; ++w) {
    auto* const window = static_cast<std::byte*>(region.get_address()) + w * g.window_bytes;
    std::memset(window, 1, g.telemetry_at() + sizeof(WorkerTelemetry));
  }
  EXPECT_EQ(segments.backed_bytes(), before);
}

// The limit stands for any lack: pages cannot be had beyond it.
void let_this_process_have_no_more_shared_memory() {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = 0;
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

TEST(Telemetry, DoesWithoutWhatThereIsNoMemoryFor) {
  ProcessPoolExecutor pool({.max_workers = 1});
  pool.submit({.name = "before"}, burn, 100us).result();
  pool.submit({.name = "before"}, let_this_process_have_no_more_shared_memory).result();
  constexpr std::uint64_t kTasks = 1000;  // with more events than there are pages for
  for (std::uint64_t i = 0; i < kTasks; ++i) {
    pool.submit({.name = "after"}, burn, 3us).result();
  }
  pool.submit({.name = "bad"}, [] { throw std::runtime_error("no"); }).exception();
  pool.submit({.name = "before"}, burn, 100us).result();
  const PoolStats stats = pool.stats();
  EXPECT_EQ(stats.deaths, 0U);
  EXPECT_EQ(of_name(stats, "before").done, 3U);
  EXPECT_EQ(of_name(stats, "before").run_time.count(), 3U);
  EXPECT_EQ(of_name(stats, "after").done, kTasks);
  EXPECT_EQ(of_name(stats, "after").run_time.count(), 0U);
  ASSERT_EQ(stats.failures.size(), 1U);
  EXPECT_EQ(stats.failures[0].message, "std::runtime_error: no");
}

TEST(Telemetry, OfASuccessorGoesOnWhereThereIsMemoryAgain) {
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  pool.submit({.name = "work"}, let_this_process_have_no_more_shared_memory).result();
  pool.submit({.name = "work"}, burn, 100us).result();
  EXPECT_EQ(of_name(pool.stats(), "work").run_time.count(), 0U);
  pool.submit(test_support::end_worker, End::killed).exception();
  pool.submit({.name = "work"}, burn, 100us).result();
  EXPECT_EQ(of_name(pool.stats(), "work").run_time.count(), 1U);
  EXPECT_EQ(of_name(pool.stats(), "work").done, 3U);
}

TEST(Telemetry, CountsWhatRunsAgain) {
  const test_support::SharedCounter runs;
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = OnWorkerDeath::replace});
  auto again = pool.submit({.name = "again", .retries = 2}, [runs] {
    if (runs.add() <= 2) test_support::end_worker(End::killed);
    return 7;
  });
  EXPECT_EQ(again.result(), 7);
  const PoolStats stats = pool.stats();
  EXPECT_EQ(stats.requeued, 2U);
  EXPECT_EQ(of_name(stats, "again").done, 1U);
}

TEST(Telemetry, TellsTheMemoryOfLongTasks) {
  ProcessPoolExecutor pool({.max_workers = 1});
  pool.submit({.name = "small"}, burn, 5'000us).result();
  pool.submit({.name = "large"},
              [] {
                std::vector<char> much(64 << 20, 'x');
                burn(5'000us);
                return much[much.size() / 2];
              })
      .result();
  const PoolStats stats = pool.stats();
  EXPECT_GE(of_name(stats, "large").max_rss_bytes, std::uint64_t{64} << 20);
  EXPECT_GT(of_name(stats, "small").max_rss_bytes, 0U);
  EXPECT_LT(of_name(stats, "small").max_rss_bytes, of_name(stats, "large").max_rss_bytes);
  EXPECT_GE(stats.workers[0].max_rss_bytes, std::uint64_t{64} << 20);
}

TEST(Telemetry, TellsOfTheWorkersProcesses) {
  ProcessPoolExecutor pool({.max_workers = 1});
  pool.submit([] {
        while (std::clock() < CLOCKS_PER_SEC / 20) {  // of processor time
        }
      })
      .result();
  const muster::WorkerStats worker = pool.stats().workers.at(0);
  EXPECT_GT(worker.rss_bytes, 0U);
  EXPECT_GE(worker.max_rss_bytes, worker.rss_bytes);
  EXPECT_GE(worker.cpu_time.seconds(), 0.04);
  EXPECT_GE(worker.age, worker.cpu_time);
}

TEST(Telemetry, TellsAWorkerThatSleepsAndOneThatIsStopped) {
  ProcessPoolExecutor pool({.max_workers = 1});
  pool.submit([] {}).result();
  const pid_t pid = pool.worker_pids().at(0);
  while (pool.stats().workers.at(0).state != muster::WorkerState::parked) ::usleep(100);
  ::kill(pid, SIGSTOP);
  while (pool.stats().workers.at(0).state != muster::WorkerState::stopped) ::usleep(100);
  ::kill(pid, SIGCONT);
  while (pool.stats().workers.at(0).state != muster::WorkerState::parked) ::usleep(100);
}

// Without a pool: its threads could open nothing either, nor could a sanitizer that looks at them.
TEST(Telemetry, DoesNotTakeAWorkerForDeadWhereProcCannotBeRead) {
  const pid_t lives = ::fork();
  if (lives == 0) {
    for (;;) ::pause();
  }
  const pid_t ended = ::fork();
  if (ended == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(ended, nullptr, 0), ended);
  PoolStats stats;
  stats.workers.resize(2);
  stats.workers[0].pid = lives;
  stats.workers[1].pid = ended;
  {
    const test_support::NoDescriptors none;
    muster::detail::look_at_workers(stats, ::getpid());
  }
  EXPECT_EQ(stats.workers[0].pid, lives);
  EXPECT_NE(stats.workers[0].state, muster::WorkerState::dead);
  EXPECT_EQ(stats.workers[1].state, muster::WorkerState::dead);
  ::kill(lives, SIGKILL);
  ASSERT_EQ(::waitpid(lives, nullptr, 0), lives);
}

TEST(Telemetry, CanBeTurnedOffButForCounts) {
  ProcessPoolExecutor pool(
      {.max_workers = 1, .telemetry = {.worker_events = 0, .client_events = 0}});
  for (int i = 0; i < 5; ++i) pool.submit({.name = "work"}, [] {}).result();
  EXPECT_EQ(of_name(pool.stats(), "work").done, 5U);
}

TEST(Telemetry, RefusesRingsThatAreTooLarge) {
  EXPECT_THROW(ProcessPoolExecutor({.telemetry = {.worker_events = std::size_t{1} << 25}}),
               muster::InvalidArgumentError);
  EXPECT_THROW(ProcessPoolExecutor({.telemetry = {.client_events = static_cast<std::size_t>(-1)}}),
               muster::InvalidArgumentError);
}

}  // namespace
