// busy NAME WORKERS [empty]: keeps a pool of that name busy with tasks of 1 to 20 ms, of several
// names, some of which throw, or with empty ones as fast as it can. Says "ready" once some have
// ended, then does what each line of its standard input says: "kill" kills a worker, "crash" runs a
// task that crashes, and "end", or the end of the input, ends it all.

#include <poll.h>
#include <signal.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>

#include <muster/muster.hpp>

namespace {

using muster::Future;
using muster::ProcessPoolExecutor;

constexpr std::size_t kInFlight = 200;
constexpr std::size_t kEmptyInFlight = 4096;
constexpr std::array<const char*, 4> kNames{"resize", "parse_header", "checksum", "upload <file>"};

void work(std::uint32_t microseconds, bool throws) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
  muster::this_task::set_progress(0, 4);
  std::uint64_t state = microseconds | 1u;
  while (std::chrono::steady_clock::now() < until) {
    for (int i = 0; i < 1000; ++i) state = state * 6364136223846793005u + 1442695040888963407u;
  }
  muster::this_task::set_progress(4 - state % 2, 4);
  if (throws) throw std::runtime_error("no such file: </script><b>photo.png");
}

// Not inlined, so that a backtrace has its name.
[[gnu::noinline]] void crash_on_purpose() { std::abort(); }

class Load {
 public:
  Load(ProcessPoolExecutor& pool, bool empty) : pool_(pool), empty_(empty) {}

  // Submits what may be in flight, and takes one that has ended.
  void go_on() {
    while (tasks_.size() < (empty_ ? kEmptyInFlight : kInFlight)) tasks_.push_back(submit());
    take(std::move(tasks_.front()));
    tasks_.pop_front();
  }
  void crash() {
    tasks_.push_back(pool_.submit({.name = "decode"}, [] { crash_on_purpose(); }));
  }

 private:
  Future<void> submit() {
    if (empty_) return pool_.submit([] {});
    const auto microseconds = static_cast<std::uint32_t>(1000 + random_() % 19'000);
    return pool_.submit({.name = kNames.at(random_() % kNames.size())}, work, microseconds,
                        random_() % 40 == 0);
  }
  // How it ended is for those to see who look at the pool.
  static void take(Future<void> task) { (void)task.exception(); }

  ProcessPoolExecutor& pool_;
  const bool empty_;
  std::mt19937 random_{1};
  std::deque<Future<void>> tasks_;
};

bool line_waits() {
  pollfd input{0, POLLIN, 0};
  return ::poll(&input, 1, 0) > 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool empty = argc > 3 && std::string(argv[3]) == "empty";
  ProcessPoolExecutor pool(
      {.max_workers = static_cast<std::size_t>(argc > 2 ? std::atoi(argv[2]) : 4),
       .name = argc > 1 ? argv[1] : "busy",
       .on_worker_death = muster::OnWorkerDeath::replace});
  Load load(pool, empty);
  for (int i = 0; i < 20; ++i) load.go_on();
  std::puts("ready");
  std::fflush(stdout);
  for (;;) {
    load.go_on();
    // As long as there is one, it is in the buffer or still in the pipe.
    if (std::cin.rdbuf()->in_avail() <= 0 && !line_waits()) continue;
    std::string line;
    if (!std::getline(std::cin, line) || line == "end") return 0;
    if (line == "kill") {
      const auto pids = pool.worker_pids();
      if (!pids.empty()) ::kill(pids.front(), SIGKILL);
    } else if (line == "crash") {
      load.crash();
    }
    std::puts("done");
    std::fflush(stdout);
  }
}
