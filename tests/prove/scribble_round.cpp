#include "prove/scribble_round.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <muster/muster.hpp>

#include "lib/common/ticks.hpp"
#include "prove/pause.hpp"
#include "prove/random.hpp"
#include "prove/scribbler.hpp"
#include "support/belongings.hpp"
#include "support/failure.hpp"

namespace prove {

using namespace std::chrono_literals;
using muster::Future;
using muster::OnWorkerDeath;
using muster::ProcessPoolExecutor;

namespace {

constexpr std::size_t kClients = 3;
constexpr std::size_t kMainSeat = kClients;
constexpr std::uint64_t kPerPool = 120;
// What a task may take: its own worker's memory may be such that it never ends.
constexpr auto kTimeLimit = 1s;

std::uint64_t plus_one(std::uint64_t n) { return n + 1; }
using Strings = std::vector<std::string>;
Strings strings(std::uint32_t count) {
  Strings all;
  for (std::uint32_t i = 0; i < count; ++i) all.push_back(std::string(i % 90, 'x'));
  return all;
}
std::uint64_t sum_of(const std::vector<std::uint64_t>& words) {
  std::uint64_t sum = 0;
  for (const std::uint64_t word : words) sum += word;
  return sum;
}
std::uint64_t spin(std::uint32_t microseconds) {
  const std::int64_t end = muster::detail::monotonic_ns() + std::int64_t{microseconds} * 1000;
  while (muster::detail::monotonic_ns() < end) {
  }
  return microseconds;
}

std::string shown(std::uint64_t value) { return std::to_string(value); }
std::string shown(const Strings& value) { return fmt::format("{} strings", value.size()); }

// What a worker says as it ends, of the mess in its memory, is of no interest.
void silence() {
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(null, STDERR_FILENO);
  ::close(null);
}

// The name of what is being handled. All is well that ends so. What is none of Muster's is neither
// the tasks', which throw nothing: it comes of bytes that were taken for what they are not.
std::string ending(Verdict& verdict) {
  try {
    throw;
  } catch (const muster::CancelledError&) {
    return "CancelledError";
  } catch (const muster::TaskTimeoutError&) {
    return "TaskTimeoutError";
  } catch (const muster::WorkerDiedError&) {
    return "WorkerDiedError";
  } catch (const muster::BrokenProcessPool&) {
    return "BrokenProcessPool";
  } catch (const muster::EncodingError&) {
    return "EncodingError";
  } catch (const muster::RemoteError&) {
    return "RemoteError";
  } catch (const muster::Error&) {
    return "another error of Muster's";
  } catch (...) {
    const std::string what = test_support::describe(std::current_exception());
    verdict.broken(Fault::wrong, "the client was given what is no error of Muster's: " + what);
    return "no error of Muster's";
  }
}

class ScribbleClient {
 public:
  // `checksums`: results have them, so that each is what its task returned. Else nobody promises
  // that.
  ScribbleClient(ProcessPoolExecutor& pool, ScribbleStage& stage, Watch& watch, Verdict& verdict,
                 bool checksums, std::size_t seat, Random random, const std::atomic<bool>& stop)
      : pool_(pool),
        stage_(stage),
        watch_(watch),
        verdict_(verdict),
        checksums_(checksums),
        seat_(seat),
        random_(random),
        stop_(stop) {}

  void run() {
    try {
      while (!stop_.load()) {
        random_.percent(20) ? map() : batch();
        if (random_.percent(5)) sleep_for(random_.below(2000));
      }
    } catch (...) {
      stage_.endings.add("submit: " + ending(verdict_));
    }
  }

 private:
  template <class T>
  struct Task {
    Future<T> future;
    T right;  // what it returns
  };

  template <class T>
  void check(const T& value, const T& right, const char* what) {
    if (!checksums_ || value == right) return;
    verdict_.broken(Fault::wrong,
                    fmt::format("{} has passed its checksum and is not what it returned: {} for {}",
                                what, shown(value), shown(right)));
  }

  template <class T>
  void settle(std::vector<Task<T>>& tasks) {
    for (auto& [future, right] : tasks) {
      if (random_.percent(3)) future.cancel();
      if (random_.percent(1)) future.cancel(muster::CancelMode::kill);
      const Watch::Waiting waiting(watch_, seat_, stage_.tasks.fetch_add(1));
      try {
        if (random_.percent(10)) muster::wait(std::vector{future});
        check(future.result(), right, "a task's value");
        stage_.endings.add("a value");
      } catch (...) {
        stage_.endings.add(ending(verdict_));
      }
    }
  }

  void batch() {
    std::vector<Task<std::uint64_t>> words;
    std::vector<Task<Strings>> long_ones;
    const std::uint32_t count = 1 + random_.below(60);
    const Watch::Waiting waiting(watch_, seat_, Watch::kSubmit);
    std::exception_ptr refused;
    try {
      for (std::uint32_t i = 0; i < count; ++i) {
        const muster::TaskOptions limit{.task_timeout = kTimeLimit, .retries = random_.below(3)};
        switch (random_.below(8)) {
          case 0: {
            const std::uint32_t many = random_.below(400);
            long_ones.push_back({pool_.submit(limit, strings, many), strings(many)});
            break;
          }
          case 1: {
            const std::vector<std::uint64_t> argument(random_.below(3000), i);
            words.push_back({pool_.submit(limit, sum_of, argument), sum_of(argument)});
            break;
          }
          case 2: {
            const std::uint32_t long_for = random_.below(300);
            words.push_back({pool_.submit(limit, spin, long_for), long_for});
            break;
          }
          default: words.push_back({pool_.submit(plus_one, i), plus_one(i)});
        }
        if (random_.percent(5) && !words.empty())
          words.back().future.add_done_callback([](const auto&) {});
      }
    } catch (...) {
      refused = std::current_exception();
    }
    settle(words);
    settle(long_ones);
    if (refused) std::rethrow_exception(refused);
  }

  void map() {
    const std::uint32_t many = random_.below(60);
    const std::vector<std::uint32_t> counts(1 + random_.below(80), many);
    const Strings right = strings(many);
    muster::MapOptions options;
    options.chunksize = random_.below(5);
    options.task.task_timeout = kTimeLimit;
    const Watch::Waiting waiting(watch_, seat_, Watch::kSubmit);
    auto results = pool_.map(options, strings, counts);
    for (auto&& outcome : results.outcomes()) {
      try {
        check(outcome.value(), right, "an item's value");
        stage_.endings.add("an item's value");
      } catch (...) {
        stage_.endings.add("an item's " + ending(verdict_));
      }
    }
  }

  ProcessPoolExecutor& pool_;
  ScribbleStage& stage_;
  Watch& watch_;
  Verdict& verdict_;
  const bool checksums_;
  const std::size_t seat_;
  Random random_;
  const std::atomic<bool>& stop_;
};

// Until the pool is broken or enough was written over.
void scribble_on(ProcessPoolExecutor& pool, bool checksums, std::uint32_t only, Random& random,
                 Watch& watch, ScribbleStage& stage) {
  const std::uint64_t first = scribble_counts().all();
  std::vector<Future<void>> tasks;
  try {
    while (scribble_counts().all() - first < kPerPool && tasks.size() < kPerPool) {
      const Watch::Waiting waiting(watch, kMainSeat, Watch::kSubmit);
      sleep_for(random.below(3000));
      ScribbleOrder order;
      order.seed = random.next();
      order.count = 1 + random.below(random.percent(20) ? 20 : 3);
      order.only = only;
      order.goes_on = random.percent(20);
      order.checksums = checksums;
      tasks.push_back(
          pool.submit({.name = "scribble", .task_timeout = kTimeLimit}, scribble, order));
      try {
        tasks.back().result(50ms);
      } catch (const muster::BrokenProcessPool&) {
        throw;
      } catch (const std::exception&) {
        // The next one all the same: it finds its memory spoiled by others, or its worker does.
      }
    }
  } catch (const muster::BrokenProcessPool&) {
    ++stage.pools_broken;
  }
}

}  // namespace

void run_scribble_round(std::uint64_t seed, std::uint64_t number, std::uint32_t only,
                        Verdict& verdict, Watch& watch, ScribbleStage& stage) {
  Random random(seed, number, 0);
  const std::string name = fmt::format("scribble-{}", number);
  const test_support::Belongings before = test_support::Belongings::now();
  stage.round.store(number);
  // Some break a pool at once. In others it goes on, and what is spoiled adds up.
  if (only >= kScribbles && random.percent(40)) only = random.below(kScribbles);
  {
    muster::ProcessPoolOptions options;
    options.name = name;
    options.max_workers = 1 + random.below(4);
    options.on_worker_death =
        random.percent(80) ? OnWorkerDeath::replace : OnWorkerDeath::break_pool;
    options.restart_intensity = {.deaths = random.percent(50) ? 0U : 10U};
    options.kill_grace = 50ms;
    options.checksum_results = random.percent(50);
    options.initializer = silence;
    if (random.percent(20)) options.max_tasks_per_child = 20 + random.below(200);
    if (random.percent(20)) options.max_pending = 1 + random.below(100);
    std::optional<ProcessPoolExecutor> pool;
    {
      const Watch::Waiting waiting(watch, kMainSeat, Watch::kPoolStart);
      pool.emplace(options);
    }
    const PoolMemory memory(name);
    stage.memory.store(&memory);
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kClients; ++i) {
      threads.emplace_back([&, i] {
        ScribbleClient(*pool, stage, watch, verdict, options.checksum_results, i,
                       Random(seed, number, i + 1), stop)
            .run();
      });
    }
    scribble_on(*pool, options.checksum_results, only, random, watch, stage);
    stop.store(true);
    for (std::thread& thread : threads) thread.join();
    {
      const Watch::Waiting waiting(watch, kMainSeat, Watch::kPoolEnd);
      if (random.percent(30)) pool->shutdown({.cancel_futures = true});
      pool.reset();
    }
    stage.memory.store(nullptr);
  }
  if (const std::string more = test_support::Belongings::now().more_than(before); !more.empty()) {
    verdict.broken(Fault::left_over, fmt::format("pool \"{}\" left behind: {}", name, more));
  }
}

}  // namespace prove
