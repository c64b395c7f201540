#include "prove/large_round.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "prove/array_memory.hpp"
#include "prove/array_player.hpp"
#include "prove/pool_deaths.hpp"
#include "prove/result_player.hpp"
#include "support/belongings.hpp"

namespace prove {

using muster::ProcessPoolExecutor;

namespace {

// So many by each thread, then another pool.
constexpr std::uint64_t kKills = 8;
constexpr std::size_t kMainSeat = 3;
constexpr std::uint64_t kMegabyte = std::uint64_t{1} << 20;

// What the arena of a worker may keep when nobody holds a result any more (lib/segments/arena.hpp).
constexpr std::uint64_t kKeptByAnArena = 256 * kMegabyte;
// What a pool's other memory may have grown by: lists and tables, as they are touched, and the
// client's arena for arguments.
constexpr std::uint64_t kSlack = 4 * kMegabyte;

// An arena doubles as it grows, and is never larger than this for the results that it has at a
// time: one that is written, its old place while it moves to a larger one, and those that are held.
std::uint64_t most_kept(std::uint64_t largest_result) {
  return std::min(kKeptByAnArena, 8 * largest_result);
}

// Of threads and streams of random numbers: the round itself has 0 to 3.
constexpr std::uint64_t kStream = 100;

muster::ProcessPoolOptions choose_options(Random& random, const std::string& name) {
  muster::ProcessPoolOptions options;
  options.name = name;
  options.max_workers = 1 + random.below(3);
  options.on_worker_death = muster::OnWorkerDeath::replace;
  options.restart_intensity = {.deaths = 0};
  options.checksum_results = random.percent(25);
  return options;
}

class Round {
 public:
  Round(LargeRound& round, const std::string& name) : round_(round), name_(name) {}

  // Waits until it holds; a sentence of what does not after half a minute of work for all workers.
  template <class Missing>
  void settle(Fault fault, Missing&& missing) {
    constexpr std::int64_t kPatienceNs = 30'000'000'000;
    const std::int64_t began = round_.watch.now_ns();
    while (round_.goes_on()) {
      const std::string text = missing();
      if (text.empty()) return;
      if (round_.watch.now_ns() - began >= kPatienceNs) {
        return round_.verdict.broken(fault,
                                     fmt::format("large data: pool \"{}\": {}", name_, text));
      }
      give_all_something_to_do();
    }
  }

 private:
  // Idle workers take in what the client has let go when they are woken.
  void give_all_something_to_do() {
    const Watch::Waiting waiting(round_.watch, kMainSeat, Watch::kSubmit);
    std::vector<muster::Future<void>> tasks;
    for (std::uint32_t i = 0; i < round_.memory.geometry().workers; ++i) {
      tasks.push_back(round_.pool.submit(sleep_for, 1000U));
    }
    muster::wait(tasks);
  }

  LargeRound& round_;
  const std::string& name_;
};

}  // namespace

void run_large_round(std::uint64_t seed, std::uint64_t number, std::uint64_t bytes,
                     LargeTotals& totals, Verdict& verdict, Watch& watch, SoakStage& stage,
                     const std::atomic<bool>& interrupted) {
  Random random(seed, number, kStream);
  const std::string name = fmt::format("soak-large-{}", number);
  const test_support::Belongings before = test_support::Belongings::now();
  // What was told of tasks of the round before: their tickets are used again.
  std::fill_n(stage.told.begin(), std::min(ledger().next.load(), Ledger::kTickets), ToldTask{});
  ledger().begin_round(random.next());
  large_notes().begin_round();
  KilledPids killed;
  stage.round.store(number);
  {
    // Workers inherit it, so it stays until they end, whoever lets it go.
    constexpr std::uint32_t kTicket = Ledger::kTickets - 1;
    std::optional<Words> inherited;
    std::vector<std::uint64_t> spared;
    if (random.percent(30)) {
      inherited.emplace(1 + random.below(100'000));
      for (std::size_t i = 0; i < inherited->size(); ++i) (*inherited)[i] = WordsOf(kTicket)[i];
      spared.push_back(inode_at(inherited->data()));
    }
    std::optional<ProcessPoolExecutor> pool;
    const muster::ProcessPoolOptions options = choose_options(random, name);
    {
      const Watch::Waiting waiting(watch, kMainSeat, Watch::kPoolStart);
      pool.emplace(options);
    }
    PoolMemory memory(name);
    stage.memory.store(&memory);
    LargeRound round{*pool, memory, bytes, totals, verdict, watch, killed, interrupted};
    const std::uint64_t at_start = pool->stats().shared_memory_bytes;
    PoolDeaths deaths(memory.facts(), killed, false);
    {
      std::vector<std::thread> threads;
      threads.emplace_back(
          [&] { ResultPlayer(round, 0, Random(seed, number, kStream + 1)).run(kKills); });
      const std::size_t array_players = 1 + random.below(2);
      for (std::size_t i = 1; i <= array_players; ++i) {
        threads.emplace_back(
            [&, i] { ArrayPlayer(round, i, Random(seed, number, kStream + 1 + i)).run(kKills); });
      }
      for (std::thread& thread : threads) thread.join();
    }
    Round end(round, name);
    end.settle(Fault::wrong, [&]() -> std::string {
      if (deaths.look_whether_all_are_told_of()) return deaths.without_cause();
      return fmt::format(
          "{} of {} workers that were killed are not among the {} deaths that it "
          "has told of",
          deaths.not_told_of(), killed.all().size(), deaths.counted());
    });
    totals.deaths += deaths.counted();
    if (inherited && round.goes_on()) {
      const auto right = pool->submit(right_words_of, kTicket, *inherited).result();
      if (right != inherited->size()) {
        verdict.broken(Fault::wrong,
                       fmt::format("large data: of {} words of an array that was made "
                                   "before the pool the first {} are right",
                                   inherited->size(), right));
      }
    }
    inherited.reset();
    end.settle(Fault::left_over, [&]() -> std::string {
      const std::uint64_t on_their_way = descriptors_in_sockets();
      if (on_their_way == 0) return "";
      return fmt::format("{} descriptors are in its sockets, which nobody takes in", on_their_way);
    });
    if (const std::string left = arrays_that_stay(round, kMainSeat, spared, 0);
        !left.empty() && round.goes_on()) {
      verdict.broken(Fault::left_over, fmt::format("large data: pool \"{}\": nobody holds an array "
                                                   "any more, and there are {}",
                                                   name, left));
    }
    end.settle(Fault::left_over, [&]() -> std::string {
      // What their records say is how far they reach, holes and all.
      const std::uint64_t arenas = memory.geometry().workers * most_kept(bytes);
      const std::uint64_t now = pool->stats().shared_memory_bytes;
      if (now <= at_start + arenas + kSlack) return "";
      return fmt::format(
          "nobody holds a result any more, and it has {} bytes of shared memory, where its "
          "workers' "
          "arenas may keep {}; at its start it had {} (by segments now: {})",
          now, arenas, at_start, describe_segments(name));
    });
    raise(totals.memory_left, pool->stats().shared_memory_bytes);
    {
      const Watch::Waiting waiting(watch, kMainSeat, Watch::kPoolEnd);
      if (random.percent(30)) pool->kill_workers();
      pool.reset();
    }
    stage.memory.store(nullptr);
  }
  ++totals.rounds;
  for (const auto& [inode, holders] : arrays_of({::getpid()})) {
    verdict.broken(
        Fault::left_over,
        fmt::format("large data: the program still has array {} when pool \"{}\" is gone", inode,
                    name));
  }
  if (const std::string more = test_support::Belongings::now().more_than(before); !more.empty()) {
    verdict.broken(Fault::left_over, fmt::format("pool \"{}\" left behind: {}", name, more));
  }
}

}  // namespace prove
