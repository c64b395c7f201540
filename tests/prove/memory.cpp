// muster-memory: what shared memory costs. An array that eight workers read, which is to cost once
// what it takes. Then arguments and results of all sizes, from 8 bytes to 64 MiB, in any order,
// some of them kept for long: how much shared memory a pool takes beside what is in use, and that
// it comes down to what it began with when nobody holds anything.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <muster/muster.hpp>

#include "bench/probes/process_info.hpp"
#include "prove/conclusion.hpp"
#include "prove/options.hpp"
#include "prove/random.hpp"
#include "support/shared_memory_latch.hpp"

namespace {

using namespace prove;
using Bytes = std::vector<std::uint64_t>;

const Counted kCounted{.name = "tasks", .what = "tasks run", .quick = 3'000, .full = 1'000'000'000};

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
// Of a pool that is idle again, beyond what it had when it was made.
constexpr std::uint64_t kLeft = kMiB;
// Results that nobody has read yet, or that are kept.
constexpr std::size_t kMostHeld = 40;
constexpr std::uint64_t kMostBytesHeld = 192 * kMiB;
constexpr auto kPatience = std::chrono::seconds(60);

// As many of each power of two.
std::uint64_t random_words(Random& random) {
  const std::uint64_t power = random.below(24);  // words: 8 B to 64 MiB
  const std::uint64_t least = std::uint64_t{1} << power;
  return std::min<std::uint64_t>(least + random.below(least), 8 * kMiB);
}

std::uint64_t check(std::span<const std::uint64_t> words) {
  return words.front() ^ words[words.size() / 2] ^ words.back();
}
Bytes make(std::uint64_t words, std::uint64_t value) { return Bytes(words, value); }

// Of this process and all that descend from it.
std::uint64_t pss_of_all() {
  std::uint64_t all = bench::pss_of(::getpid());
  for (const pid_t pid : bench::descendants_of(::getpid())) all += bench::pss_of(pid);
  return all;
}

// Bytes that all processes take more of when each of the workers has read the whole array.
std::uint64_t cost_of_array(std::uint64_t bytes) {
  constexpr std::size_t kWorkers = 8;
  const test_support::SharedCounter here;
  muster::ProcessPoolExecutor pool({.max_workers = kWorkers});
  const auto read = [here](muster::SharedArray<const std::uint64_t> array) {
    here.add();
    here.wait_at_least(kWorkers);  // so that each worker has one
    return std::reduce(array.begin(), array.end());
  };
  const std::uint64_t before = pss_of_all();
  muster::SharedArray<std::uint64_t> array(bytes / sizeof(std::uint64_t));
  std::iota(array.begin(), array.end(), std::uint64_t{0});
  std::vector<muster::Future<std::uint64_t>> sums;
  for (std::size_t w = 0; w < kWorkers; ++w) sums.push_back(pool.submit(read, array));
  for (const auto& sum : sums) {
    if (sum.result() != array.size() * (array.size() - 1) / 2) {
      throw std::runtime_error("a worker has read another array");
    }
  }
  return pss_of_all() - before;
}

class Load {
 public:
  explicit Load(std::uint64_t seed) : random_(seed) {}

  std::uint64_t bytes() const { return pool_.stats().shared_memory_bytes; }
  std::uint64_t before() const { return before_; }
  std::uint64_t most() const { return most_; }
  double worst() const { return worst_; }

  // Throws std::runtime_error where a value is wrong.
  void step() {
    const std::uint64_t value = random_.below(1'000'000'000);
    const std::uint64_t words = random_words(random_);
    if (random_.below(2) == 0) {
      sums_.push_back({pool_.submit(check, Bytes(words, value)), value});
    } else {
      held_.push_back({pool_.submit(make, words, value), words, value});
      bytes_held_ += words * sizeof(value);
    }
    while (sums_.size() > kMostHeld) finish_sum();
    while (held_.size() > kMostHeld || bytes_held_ > kMostBytesHeld) finish_result();
    look();
  }
  void finish() {
    while (!sums_.empty()) finish_sum();
    while (!held_.empty()) finish_result();
  }

 private:
  struct Sum {
    muster::Future<std::uint64_t> future;
    std::uint64_t value;
  };
  struct Held {
    muster::Future<Bytes> future;
    std::uint64_t words;
    std::uint64_t value;
  };

  void finish_sum() {
    const Sum sum = std::move(sums_.front());
    sums_.pop_front();
    if (sum.future.result() != sum.value) throw std::runtime_error("an argument arrived otherwise");
  }
  // Any of them: the others are kept the longer.
  void finish_result() {
    const auto place = held_.begin() + static_cast<std::ptrdiff_t>(random_.below(held_.size()));
    const Held held = std::move(*place);
    held_.erase(place);
    bytes_held_ -= held.words * sizeof(std::uint64_t);
    const auto view = held.future.view();
    if (view.size() != held.words || check(view) != held.value) {
      throw std::runtime_error("a result arrived otherwise");
    }
  }
  void look() {
    const muster::PoolStats stats = pool_.stats();
    most_ = std::max(most_, stats.shared_memory_bytes);
    const std::uint64_t used = stats.arguments_bytes + stats.results_bytes;
    // Of little the steps in which arenas grow are much.
    if (used < 64 * kMiB) return;
    worst_ = std::max(worst_, static_cast<double>(stats.shared_memory_bytes - before_) /
                                  static_cast<double>(used));
  }

  muster::ProcessPoolExecutor pool_{{.max_workers = 2}};
  Random random_;
  std::deque<Sum> sums_;
  std::deque<Held> held_;
  std::uint64_t bytes_held_ = 0;
  std::uint64_t before_ = bytes();
  std::uint64_t most_ = 0;
  double worst_ = 0;  // times what is in use
};

int run(const Options& options) {
  Conclusion found;
  const std::uint64_t array = options.count == kCounted.full ? 4096 * kMiB : 256 * kMiB;
  const std::uint64_t cost = cost_of_array(array);
  fmt::print(
      "an array of {} bytes that 8 workers have read costs {} bytes (PSS of all processes)\n",
      array, cost);
  std::fflush(stdout);
  if (cost > array + array / 50) {
    found.broken.push_back(fmt::format("an array costs {:.2f} times what it takes",
                                       static_cast<double>(cost) / static_cast<double>(array)));
  }
  Load load(options.seed);
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  std::uint64_t tasks = 0;
  while (tasks < options.count && (options.seconds == 0 || seconds() < options.seconds)) {
    load.step();
    ++tasks;
  }
  load.finish();
  const double ran = seconds();
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (load.bytes() > load.before() + kLeft && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  const std::uint64_t after = load.bytes();
  fmt::print(
      "{} tasks in {:.0f} s: {} bytes of shared memory before, {} at most, {} when idle again; at "
      "most {:.2f} times what was in use (of 64 MiB and more)\n",
      tasks, ran, load.before(), load.most(), after, load.worst());
  if (after > load.before() + kLeft) {
    found.broken.push_back(fmt::format("an idle pool has kept {} bytes", after - load.before()));
  }
  return conclude(options, kCounted, found,
                  {{"array_bytes", array},
                   {"array_pss", cost},
                   {"tasks", tasks},
                   {"seconds", ran},
                   {"seed", options.seed},
                   {"bytes_before", load.before()},
                   {"bytes_at_most", load.most()},
                   {"bytes_when_idle", after},
                   {"most_times_in_use", load.worst()}});
}

}  // namespace

int main(int argc, char** argv) {
  return run_program(argc, argv,
                     "Gives a pool arguments and results of all sizes and looks at its memory.",
                     kCounted, run);
}
