#include "prove/soak_round.hpp"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "lib/common/ticks.hpp"
#include "prove/client.hpp"
#include "prove/leftovers.hpp"

namespace prove {

using muster::OnWorkerDeath;
using muster::ProcessPoolExecutor;
using namespace std::chrono_literals;

namespace {

// So many kills, then another pool, with other options.
constexpr std::uint64_t kKillsOfAPool = 250;
constexpr std::size_t kMostClients = 3;
constexpr std::size_t kMainSeat = kMostClients;

muster::ProcessPoolOptions choose_options(Random& random, const std::string& name, bool breaks) {
  muster::ProcessPoolOptions options;
  options.name = name;
  options.max_workers = 1 + random.below(4);
  options.on_worker_death = breaks ? OnWorkerDeath::break_pool : OnWorkerDeath::replace;
  options.restart_intensity = {.deaths = 0};
  options.kill_grace = 100ms;
  options.checksum_results = random.percent(25);
  if (random.percent(20)) options.max_tasks_per_child = 20 + random.below(400);
  if (random.percent(20)) options.max_pending = 1 + random.below(200);
  return options;
}

Load choose_load(Random& random) {
  if (random.percent(45)) return Load::mixed;
  return random.percent(70) ? Load::tiny : Load::single;
}

void end_pool(ProcessPoolExecutor& pool, Random& random) {
  switch (random.below(4)) {
    case 0: return pool.shutdown();
    case 1: return pool.shutdown({.cancel_futures = true});
    case 2: return pool.kill_workers();
    default: return;  // its destructor
  }
}

// Each task against what it wrote down itself.
void hold_against_ledger(const ToldTasks& told, bool may_break, SoakTotals& totals,
                         Verdict& verdict) {
  const std::uint32_t used = std::min(ledger().next.load(), Ledger::kTickets);
  for (std::uint32_t i = 0; i < used; ++i) {
    const ToldTask& task = told[i];
    const std::uint32_t begun = ledger().entries[i].begun.load();
    const std::uint32_t ended = ledger().entries[i].ended.load();
    const auto wrong = [&](Fault fault, const std::string& what) {
      verdict.broken(fault, fmt::format("task {} (told: {}; retries {}) {}; it began {} times and "
                                        "ended {} times",
                                        i, kToldNames[static_cast<std::size_t>(task.told)],
                                        task.retries, what, begun, ended));
    };
    ++totals.told[static_cast<std::size_t>(task.told)];
    totals.begun += begun;
    const std::uint32_t allowed = 1 + (may_break ? 0U : task.retries);
    if (begun > allowed) {
      wrong(Fault::duplicated, fmt::format("may run {} times at most", allowed));
    }
    switch (task.told) {
      case Told::value:
      case Told::threw:
        if (ended == 0) wrong(Fault::wrong, "has a result without having run to its end");
        break;
      case Told::waiting: wrong(Fault::lost, "was never told of"); break;
      default: break;
    }
    // The future of a running task that is killed is finished before its worker is: what was
    // claimed by then may begin yet.
    const std::uint32_t more = task.told == Told::killed ? 1 : 0;
    if (task.told != Told::nothing && begun > task.begun_when_told + more) {
      wrong(Fault::duplicated, "began after its future was finished");
    }
  }
  totals.tasks += used;
}

}  // namespace

bool SoakLimits::reached(const SoakTotals& totals) const {
  return totals.kills.all(ledger().all_own_ends()) >= kills ||
         (until_ns != 0 && muster::detail::monotonic_ns() >= until_ns);
}

void run_round(std::uint64_t seed, std::uint64_t number, const SoakLimits& limits,
               SoakTotals& totals, Verdict& verdict, Watch& watch, SoakStage& stage,
               const std::atomic<bool>& interrupted, void (*progress)(const SoakTotals&)) {
  Random random(seed, number, 0);
  // Pools that break have one kill each, so most of the rounds are theirs.
  const bool breaks = number % 10 != 0;
  const std::string name = fmt::format("soak-{}", number);
  const Belongings before = Belongings::now();
  ToldTasks& told = stage.told;
  std::fill_n(told.begin(), std::min(ledger().next.load(), Ledger::kTickets), ToldTask{});
  ledger().begin_round(random.next());
  KilledPids killed;
  stage.round.store(number);
  std::uint64_t due = 0;
  {
    std::optional<ProcessPoolExecutor> pool;
    {
      const Watch::Waiting waiting(watch, kMainSeat, Watch::kPoolStart);
      pool.emplace(choose_options(random, name, breaks));
    }
    PoolMemory memory(name);
    stage.memory.store(&memory);
    WorkerStates states(memory, &random);
    ClientRound round{*pool, breaks, choose_load(random), told, verdict, watch, killed};
    const std::uint64_t first = totals.kills.all(ledger().all_own_ends());
    std::vector<std::thread> threads;
    // With one nobody else makes up for a wake that it has lost.
    const std::size_t clients = 1 + random.below(kMostClients);
    for (std::size_t i = 0; i < clients; ++i) {
      threads.emplace_back([&, i] {
        Client(round, i, Random(seed, number, i + 1)).run();
        ++round.ended;
      });
    }

    Killer killer(memory, states, killed, totals.kills, random);
    const auto goes_on = [&] {
      const std::uint64_t done = totals.kills.all(ledger().all_own_ends()) - first;
      return verdict.good() && !interrupted.load() && !limits.reached(totals) &&
             done < (breaks ? 1 : kKillsOfAPool) && round.ended.load() < clients &&
             ledger().next.load() < Ledger::kTickets;
    };
    while (goes_on()) {
      const auto pause = static_cast<long>(random.exponential(breaks ? 3e6 : 3e5));
      const timespec time{0, std::min(pause, 50'000'000L)};
      ::nanosleep(&time, nullptr);
      if (goes_on()) killer.kill_one();
      progress(totals);
    }
    // One of a broken pool stops by itself.
    if (!breaks) round.stop.store(true);
    const std::int64_t patience = muster::detail::monotonic_ns() + 200'000'000;
    while (breaks && muster::detail::monotonic_ns() < patience && pool->stats().deaths == 0) {
      const timespec time{0, 1'000'000};
      ::nanosleep(&time, nullptr);
    }
    round.stop.store(true);
    for (std::thread& thread : threads) thread.join();

    if (const std::uint64_t rescued = pool->stats().rescued_wakeups; rescued != 0) {
      totals.rescued_wakeups += rescued;
      verdict.broken(Fault::hung, fmt::format("{} times nobody was awake though there was work, "
                                              "until somebody looked",
                                              rescued));
    }
    if (!breaks && random.percent(50)) killer.kill_async(random.below(memory.geometry().workers));
    {
      const Watch::Waiting waiting(watch, kMainSeat, Watch::kPoolEnd);
      end_pool(*pool, random);
      pool.reset();
    }
    due = round.callbacks_due.load();
    if (due != round.callbacks_called.load()) {
      verdict.broken(Fault::lost, fmt::format("{} of {} callbacks were called by the pool's end",
                                              round.callbacks_called.load(), due));
    }
    stage.memory.store(nullptr);
  }
  hold_against_ledger(told, breaks, totals, verdict);
  totals.callbacks += due;
  ++totals.rounds;
  if (breaks) ++totals.broken_pools;
  if (const std::string more = Belongings::now().more_than(before); !more.empty()) {
    verdict.broken(Fault::left_over, fmt::format("pool \"{}\" left behind: {}", name, more));
  }
}

}  // namespace prove
