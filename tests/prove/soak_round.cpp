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
#include "prove/pause.hpp"
#include "prove/reconciliation.hpp"
#include "support/belongings.hpp"

namespace prove {

using muster::OnWorkerDeath;
using muster::ProcessPoolExecutor;
using namespace std::chrono_literals;

namespace {

// So many kills, then another pool, with other options.
constexpr std::uint64_t kKillsOfAPool = 400;
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

// True: in order, so that all that was submitted runs before.
bool end_pool(ProcessPoolExecutor& pool, Random& random) {
  switch (random.below(4)) {
    case 0: pool.shutdown(); return true;
    case 1: pool.shutdown({.cancel_futures = true}); return false;
    case 2: pool.kill_workers(); return false;
    default: return true;  // its destructor
  }
}

// How a round ended.
struct RoundEnd {
  bool breaks = false;    // OnWorkerDeath::break_pool
  bool in_order = false;  // what was submitted still ran
  std::uint64_t deaths = 0;
};

// Each task against what it wrote down itself.
class Audit {
 public:
  Audit(const RoundEnd& end, const KilledPids& killed, SoakTotals& totals, Verdict& verdict)
      : end_(end), killed_(killed), totals_(totals), verdict_(verdict) {}

  void look_at(std::uint32_t index, const ToldTask& task) {
    const LedgerEntry& entry = ledger().entries[index];
    const std::uint32_t begun = entry.begun();
    ++totals_.told[static_cast<std::size_t>(task.told)];
    totals_.begun += begun;
    const auto wrong = [&](Fault fault, const std::string& what) {
      verdict_.broken(fault, fmt::format("task {} (told: {}; retries {}) {}; it began {} times and "
                                         "ended {} times",
                                         index, name_of(task.told), task.retries, what, begun,
                                         entry.ended.load()));
    };
    const std::uint32_t retries = end_.breaks ? 0 : task.retries;
    if (begun > 1 + retries) {
      wrong(Fault::duplicated, fmt::format("may run {} times at most", 1 + retries));
    }
    // Run again because the worker before was lost, and for no other reason.
    const bool cancelled = task.told == Told::cancelled;
    for (std::size_t i = 0; i < LedgerEntry::kBegins; ++i) {
      const pid_t pid = entry.begun_by[i].load();
      if (pid == 0 || (i + 1 >= begun && !cancelled)) continue;
      const std::int64_t next = i + 1 < LedgerEntry::kBegins ? entry.begun_ns[i + 1].load() : 0;
      if (has_died(pid, next == 0 ? kEver : next)) continue;
      wrong(Fault::duplicated,
            fmt::format("{} though its worker {}, the {}. of them, had not died",
                        cancelled ? "was cancelled" : "was run again", pid, i + 1));
    }
    switch (task.told) {
      case Told::value:
      case Told::threw:
        if (entry.ended.load() == 0) {
          wrong(Fault::wrong, "has a result without having run to its end");
        }
        break;
      case Told::waiting: wrong(Fault::lost, "was never told of"); break;
      case Told::cancelled:
        // While it waited: for the first time, or after a death, with another attempt left. That
        // its workers were dead by then was looked at above.
        if (begun > retries) wrong(Fault::duplicated, "began though it was cancelled");
        break;
      case Told::died: ++deaths_taken_; break;  // at least: of a chunk attempts are shared
      case Told::dropped:
        if (begun != 0 || end_.breaks || !end_.in_order) break;
        ++unseen_;
        deaths_taken_ += 1 + retries;
        break;
      default: break;
    }
    // The future of a running task that is killed is finished before its worker is: what was
    // claimed by then may begin yet.
    const std::uint32_t more = task.told == Told::killed ? 1 : 0;
    if (task.told != Told::nothing && task.told != Told::dropped &&
        begun > task.begun_when_told + more) {
      wrong(Fault::duplicated, "began after its future was finished");
    }
  }

  // After all: a pool that ends in order waits for each task that was given to it, so who waits for
  // its end would wait for ever for one that is lost; one that it counts as ended and that never
  // began went with its worker, before its body. Each death takes one attempt of one task.
  void conclude() {
    if (unseen_ == 0 || deaths_taken_ <= end_.deaths) return;
    verdict_.broken(Fault::lost,
                    fmt::format("{} tasks that nobody looked at never began; with those that died "
                                "that takes {} deaths, of which there were {}",
                                unseen_, deaths_taken_, end_.deaths));
  }

 private:
  bool has_died(pid_t pid, std::int64_t by_ns) const {
    return killed_.has(pid, by_ns) || ledger().ended_itself(pid, by_ns);
  }

  const RoundEnd& end_;
  const KilledPids& killed_;
  SoakTotals& totals_;
  Verdict& verdict_;
  std::uint64_t unseen_ = 0;
  std::uint64_t deaths_taken_ = 0;
};

void hold_against_ledger(const ToldTasks& told, const RoundEnd& end, const KilledPids& killed,
                         SoakTotals& totals, Verdict& verdict) {
  Audit audit(end, killed, totals, verdict);
  const std::uint32_t used = std::min(ledger().next.load(), Ledger::kTickets);
  for (std::uint32_t i = 0; i < used; ++i) audit.look_at(i, told[i]);
  audit.conclude();
  totals.tasks += used;
}

}  // namespace

bool SoakLimits::reached(const SoakTotals& totals) const {
  return totals.kills.all(ledger().all_own_ends()) >= kills || late();
}

bool SoakLimits::late() const {
  return until_ns != 0 && muster::detail::monotonic_ns() >= until_ns;
}

void run_round(std::uint64_t seed, std::uint64_t number, const SoakLimits& limits,
               SoakTotals& totals, Verdict& verdict, Watch& watch, SoakStage& stage,
               const std::atomic<bool>& interrupted, void (*progress)(const SoakTotals&)) {
  Random random(seed, number, 0);
  // Pools that break have a kill or two each, so most of the rounds are theirs.
  const bool breaks = number % 10 != 0;
  const std::string name = fmt::format("soak-{}", number);
  const test_support::Belongings before = test_support::Belongings::now();
  ToldTasks& told = stage.told;
  std::fill_n(told.begin(), std::min(ledger().next.load(), Ledger::kTickets), ToldTask{});
  ledger().begin_round(random.next());
  KilledPids killed;
  stage.round.store(number);
  std::uint64_t due = 0;
  RoundEnd end{.breaks = breaks};
  {
    std::optional<ProcessPoolExecutor> pool;
    const muster::ProcessPoolOptions options = choose_options(random, name, breaks);
    {
      const Watch::Waiting waiting(watch, kMainSeat, Watch::kPoolStart);
      pool.emplace(options);
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
    Reconciliation deaths(*pool, options, memory, killed, verdict, watch, kMainSeat);
    const auto goes_on = [&] {
      const std::uint64_t done = totals.kills.all(ledger().all_own_ends()) - first;
      return verdict.good() && !interrupted.load() && !limits.reached(totals) && !deaths.broke() &&
             (breaks || done < kKillsOfAPool) && round.ended.load() < clients &&
             ledger().next.load() < Ledger::kTickets;
    };
    const ShortSleeps short_sleeps;
    // One that is to break has a while in which to work; of the others there is always somebody to
    // be killed.
    double mean_ns = breaks ? 2e6 : 5e4;
    while (goes_on()) {
      const auto pause = static_cast<long>(random.exponential(mean_ns));
      const timespec time{0, std::min(pause, 50'000'000L)};
      ::nanosleep(&time, nullptr);
      mean_ns = 5e4;
      if (goes_on()) killer.kill_one();
      // One that is to break may go on all the same: who was killed had ended in order, or was to.
      breaks ? deaths.settle() : deaths.look();
      progress(totals);
    }
    round.stop.store(true);
    for (std::thread& thread : threads) thread.join();
    deaths.settle();
    deaths.conclude(totals);

    if (const std::uint64_t rescued = pool->stats().rescued_wakeups; rescued != 0) {
      totals.rescued_wakeups += rescued;
      verdict.broken(Fault::hung, fmt::format("{} times nobody was awake though there was work, "
                                              "until somebody looked",
                                              rescued));
    }
    if (!breaks && random.percent(50) &&
        killer.kill_async(random.below(memory.geometry().workers))) {
      ++totals.late_kills;
    }
    {
      const Watch::Waiting waiting(watch, kMainSeat, Watch::kPoolEnd);
      end.in_order = end_pool(*pool, random);
      pool.reset();
    }
    due = round.callbacks_due.load();
    if (due != round.callbacks_called.load()) {
      verdict.broken(Fault::lost, fmt::format("{} of {} callbacks were called by the pool's end",
                                              round.callbacks_called.load(), due));
    }
    stage.memory.store(nullptr);
    end.deaths = totals.kills.all(ledger().all_own_ends()) - first;
  }
  hold_against_ledger(told, end, killed, totals, verdict);
  totals.callbacks += due;
  ++totals.rounds;
  if (const std::string more = test_support::Belongings::now().more_than(before); !more.empty()) {
    verdict.broken(Fault::left_over, fmt::format("pool \"{}\" left behind: {}", name, more));
  }
}

}  // namespace prove
