#include "tools/scaling/measure/machine_costs.hpp"

#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "lib/mpi/share.hpp"
#include "tools/scaling/measure/clocks.hpp"
#include "tools/scaling/measure/spread.hpp"
#include "tools/scaling/measure/tasks.hpp"

namespace scaling {

namespace {

constexpr int kRuns = 9;

double arithmetic_ns() {
  const std::int64_t begun = thread_ns();
  compute(1, 3'000'000);
  return static_cast<double>(thread_ns() - begun);
}

// How much longer the same work takes while every other core works, too.
nlohmann::json core_sharing() {
  std::vector<double> values;
  const unsigned others = std::max(1U, std::thread::hardware_concurrency()) - 1;
  for (int run = 0; run < kRuns; ++run) {
    const double alone = arithmetic_ns();
    std::atomic<bool> over{false};
    std::atomic<unsigned> running{0};
    std::vector<std::jthread> busy;
    for (unsigned i = 0; i < others; ++i) {
      busy.emplace_back([&] {
        ++running;
        while (!over) arithmetic_ns();
      });
    }
    while (running < others) std::this_thread::yield();
    values.push_back(arithmetic_ns() / alone);
    over = true;
  }
  return spread_json(std::move(values));
}

struct Sleep {
  std::vector<double> took;
  std::vector<double> processor;
};

// ppoll() with a timeout, as MPI's threads rest.
Sleep sleep_of(std::int64_t asked) {
  const int bell = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bell < 0) throw std::runtime_error("cannot make an event");
  Sleep sleep;
  const auto rounds = static_cast<int>(std::clamp<std::int64_t>(20'000'000 / asked, 20, 1000));
  for (int run = 0; run < kRuns; ++run) {
    const std::int64_t wall = wall_ns();
    const std::int64_t own = thread_ns();
    for (int i = 0; i < rounds; ++i) {
      pollfd rung{bell, POLLIN, 0};
      const timespec span{0, asked};
      ::ppoll(&rung, 1, &span, nullptr);
    }
    sleep.processor.push_back(static_cast<double>(thread_ns() - own) / rounds);
    sleep.took.push_back(static_cast<double>(wall_ns() - wall) / rounds);
  }
  ::close(bell);
  return sleep;
}

void stay_on_first_cpu() {
  cpu_set_t usable;
  cpu_set_t first;
  CPU_ZERO(&first);
  ::sched_getaffinity(0, sizeof(usable), &usable);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &usable)) ++cpu;
  CPU_SET(cpu, &first);
  if (::sched_setaffinity(0, sizeof(first), &first) != 0) {
    throw std::runtime_error("cannot stay on one CPU");
  }
}

// Beside so many threads on the same core that compute.
nlohmann::json sleeps(std::int64_t asked, std::size_t beside) {
  Sleep sleep;
  std::atomic<bool> over{false};
  std::atomic<std::size_t> running{0};
  std::vector<std::jthread> busy;
  for (std::size_t i = 0; i < beside; ++i) {
    busy.emplace_back([&] {
      stay_on_first_cpu();
      ++running;
      while (!over) compute(1, 100'000);
    });
  }
  std::jthread([&] {
    ::prctl(PR_SET_TIMERSLACK, 1000UL);
    if (beside != 0) stay_on_first_cpu();
    while (running < beside) std::this_thread::yield();
    sleep = sleep_of(asked);
  }).join();
  over = true;
  return {{"asked", asked},
          {"beside", beside},
          {"took", spread_json(std::move(sleep.took))},
          {"processor", spread_json(std::move(sleep.processor))}};
}

// What a thread that computes loses each time that another one wakes on its core and sleeps again,
// besides what that one spends.
nlohmann::json interruption() {
  std::vector<double> values;
  for (int run = 0; run < kRuns; ++run) {
    std::jthread computing([&] {
      stay_on_first_cpu();
      const double alone = arithmetic_ns();
      std::atomic<bool> over{false};
      std::atomic<std::int64_t> sleeps{0};
      std::jthread sleeper([&] {  // where this one is
        ::prctl(PR_SET_TIMERSLACK, 1000UL);
        while (!over) {
          const timespec span{0, 100'000};
          ::ppoll(nullptr, 0, &span, nullptr);
          ++sleeps;
        }
      });
      while (sleeps == 0) std::this_thread::yield();
      const std::int64_t before = sleeps;
      const double beside = arithmetic_ns();
      const auto times = static_cast<double>(sleeps - before);
      over = true;
      values.push_back((beside - alone) / std::max(1.0, times));
    });
  }
  return spread_json(std::move(values));
}

// A thread that sleeps on an event is woken by another that has slept meanwhile, after a pause.
nlohmann::json wake(std::int64_t pause_ns) {
  const int bell = ::eventfd(0, EFD_CLOEXEC);
  const int back = ::eventfd(0, EFD_CLOEXEC);
  if (bell < 0 || back < 0) throw std::runtime_error("cannot make an event");
  std::atomic<std::int64_t> woken_at{0};
  std::atomic<bool> over{false};
  std::jthread sleeper([&] {
    std::uint64_t count = 0;
    while (::read(bell, &count, sizeof(count)) > 0 && !over) {
      woken_at = wall_ns();
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(back, &one, sizeof(one));
    }
  });
  std::vector<double> call;
  std::vector<double> until_it_runs;
  const std::uint64_t one = 1;
  for (int i = 0; i < 500; ++i) {
    const timespec pause{0, pause_ns};
    ::nanosleep(&pause, nullptr);
    const std::int64_t begun = wall_ns();
    [[maybe_unused]] const auto written = ::write(bell, &one, sizeof(one));
    call.push_back(static_cast<double>(wall_ns() - begun));
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(back, &count, sizeof(count));
    until_it_runs.push_back(static_cast<double>(woken_at - begun));
  }
  over = true;
  [[maybe_unused]] const auto written = ::write(bell, &one, sizeof(one));
  sleeper.join();
  ::close(bell);
  ::close(back);
  const auto median = [](std::vector<double>& values) {
    return bench::spread_of(std::move(values)).median;
  };
  return {{"after", pause_ns}, {"call", median(call)}, {"until_it_runs", median(until_it_runs)}};
}

// What ClusterPool::choose() does for a task where no rank has an idle worker: it looks at every
// rank. As there, a rank is also asked whether it is lost, in a record of its own.
struct Rank {
  bool lost = false;
  std::byte before[80];
  std::vector<std::byte> out;
  std::byte behind[40];
};

double scan_ns(std::size_t ranks) {
  std::vector<muster::detail::Share> shares(ranks);
  std::vector<Rank> peers(ranks);
  for (auto& share : shares) {
    share.workers = 1;
    share.give(0, 1);
  }
  const int rounds = static_cast<int>(2'000'000 / ranks) + 1;
  std::size_t next = 0;
  std::size_t found = 0;
  const std::int64_t begun = thread_ns();
  for (int round = 0; round < rounds; ++round) {
    std::optional<std::size_t> room;
    for (std::size_t i = 0; i < ranks; ++i) {
      const std::size_t at = (next + i) % ranks;
      if (peers[at].lost) continue;
      if (shares[at].has_idle_workers()) {
        room = at;
        break;
      }
      if (shares[at].has_room(0) && (!room || shares[at].sent * shares[*room].workers <
                                                  shares[*room].sent * shares[at].workers)) {
        room = at;
      }
    }
    found += room.value_or(0);
    next = (next + 1) % ranks;
  }
  const auto took = static_cast<double>(thread_ns() - begun);
  if (found != 0) throw std::runtime_error("a rank that is full was chosen");
  return took / rounds;
}

// What Conductor::flush() does in each turn of its loop where there is nothing to send.
double turn_ns(std::size_t ranks) {
  std::vector<Rank> peers(ranks);
  const int rounds = static_cast<int>(2'000'000 / ranks) + 1;
  std::size_t due = 0;
  const std::int64_t begun = thread_ns();
  for (int round = 0; round < rounds; ++round) {
    for (const Rank& peer : peers) {
      if (peer.out.empty() || peer.lost) continue;
      ++due;
    }
    asm volatile("" ::: "memory");
  }
  const auto took = static_cast<double>(thread_ns() - begun);
  if (due != 0) throw std::runtime_error("a batch that is empty is due");
  return took / rounds;
}

nlohmann::json scan(std::size_t ranks) {
  std::vector<double> took;
  std::vector<double> turn;
  for (int run = 0; run < kRuns; ++run) {
    took.push_back(scan_ns(ranks));
    turn.push_back(turn_ns(ranks));
  }
  return {{"ranks", ranks},
          {"took", spread_json(std::move(took))},
          {"turn", spread_json(std::move(turn))}};
}

}  // namespace

nlohmann::json measure_machine_costs() {
  ::prctl(PR_SET_TIMERSLACK, 1000UL);
  nlohmann::json out;
  out["cores"] = std::thread::hardware_concurrency();
  out["core_sharing"] = core_sharing();
  for (const std::size_t beside : {0U, 1U, 2U}) {
    for (const std::int64_t asked : {8'000, 20'000, 50'000, 200'000, 1'000'000}) {
      out["sleep"].push_back(sleeps(asked, beside));
    }
  }
  out["interruption"] = interruption();
  for (const std::int64_t pause : {10'000, 100'000, 1'000'000}) out["wake"].push_back(wake(pause));
  for (const std::size_t ranks : {10U, 100U, 1000U, 10'000U}) out["scan"].push_back(scan(ranks));
  return out;
}

}  // namespace scaling
