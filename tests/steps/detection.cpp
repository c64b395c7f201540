// muster-detection: how long it takes from a worker's death until everybody knows of it who should,
// and goes on; the same of Python's ProcessPoolExecutor beside it. Says which of the times that
// Muster means to keep it kept. They are times, so missing one is no failure.

#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <muster/muster.hpp>

#include "lib/common/life_mark.hpp"
#include "lib/common/ticks.hpp"
#include "steps/percentiles.hpp"
#include "steps/program.hpp"
#include "steps/python_detection.hpp"
#include "support/failure.hpp"
#include "support/own_pool.hpp"
#include "support/shared_object.hpp"

namespace steps {
namespace {

using muster::detail::monotonic_ns;

// Written by the task, read by this process.
struct Board {
  std::atomic<std::uint32_t> runs;
  std::atomic<pid_t> pid;             // of the first run
  std::atomic<std::uint32_t> worker;  // its index
  std::atomic<std::int64_t> again_at_ns;
};

Board& board() {
  static Board& shared = test_support::map_shared<Board>();
  return shared;
}

void touch(std::size_t megabytes) {
  static std::vector<char> held;
  held.assign(megabytes << 20, 1);
}

// Waits for its death, the first time, with so much memory touched.
void stay(std::size_t megabytes) {
  const std::int64_t now = monotonic_ns();
  if (board().runs.fetch_add(1) == 0) {
    touch(megabytes);
    board().worker.store(static_cast<std::uint32_t>(muster::this_worker::index()));
    board().pid.store(::getpid());
    while (true) ::pause();
  }
  board().again_at_ns.store(now);
}

// When a pidfd became readable.
std::int64_t end_seen_ns(int pidfd) {
  pollfd ended{pidfd, POLLIN, 0};
  while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {
  }
  return monotonic_ns();
}

struct Times {
  std::vector<double> pidfd;        // the kernel's own notice
  std::vector<double> future;       // the future's error is in the hands of a thread that slept
  std::vector<double> behind;       // that, after the kernel's notice
  std::vector<double> replacement;  // forked, its pid known
  std::vector<double> elsewhere;    // the task, which has a retry, runs on another worker
  std::vector<double> early;        // what stands in shared memory before the kernel's notice
};

class Measurement {
 public:
  // Of what a worker's memory comes: of its tasks, or, and then its successor's fills meanwhile, of
  // the initializer.
  enum class Grows { by_tasks, at_once };

  Measurement(unsigned megabytes, Grows grows)
      : megabytes_(megabytes),
        pool_({.max_workers = 2,
               .name = "detection",
               .initializer = [size = grows == Grows::at_once ? std::size_t{megabytes}
                                                              : 0] { touch(size); },
               .on_worker_death = muster::OnWorkerDeath::replace,
               .restart_intensity = {.deaths = 0}}),
        memory_(test_support::load_own_pool("detection")) {}

  // The early tiers by themselves: of SIGKILL the kernel's mark in the worker's life mark, of
  // SIGSEGV the crash handler's note. Looked at without a pause and not slept for: the mark wakes
  // one sleeper, and that is the pool's own watch.
  void kill_and_look(int signal) {
    const auto future = begin_task(0);
    const pid_t pid = board().pid.load();
    const std::uint32_t worker = board().worker.load();
    const auto& record = memory_.views().results.window(worker).record();
    const auto& facts = memory_.views().facts.worker(worker);
    const auto stands = [&] {
      if (signal != SIGKILL) return record.crash.signal.load() == signal;
      return muster::detail::LifeMark::says_dead(record.life.word().load());
    };
    const auto incarnation = facts.incarnation.load();
    const std::int64_t killed = monotonic_ns();
    ::kill(pid, signal);
    // Its successor clears both; then this program was too late to see it.
    bool seen = stands();
    while (!seen && facts.incarnation.load() == incarnation) {
      ::sched_yield();
      seen = stands();
    }
    const std::int64_t now = monotonic_ns();
    if (seen) {
      Times& times = signal == SIGKILL ? killed_ : crashed_;
      times.early.push_back(static_cast<double>(now - killed) * 1e-9);
    }
    test_support::as<muster::WorkerDiedError>(future.exception());
    await_successor(pid);
  }

  void kill_one(int signal, unsigned retries) {
    const auto future = begin_task(retries);
    const pid_t pid = board().pid.load();
    const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    std::int64_t seen = 0;
    std::int64_t ready = 0;
    std::thread poller([&] { seen = end_seen_ns(pidfd); });
    std::thread waiter([&] {
      const std::exception_ptr error = future.exception();
      if (retries == 0) test_support::as<muster::WorkerDiedError>(error);
      ready = monotonic_ns();
    });
    ::usleep(3000);  // both are asleep
    const std::int64_t killed = monotonic_ns();
    ::kill(pid, signal);
    poller.join();
    waiter.join();
    ::close(pidfd);
    const auto since = [&](std::int64_t ns) { return static_cast<double>(ns - killed) * 1e-9; };
    Times& times = signal == SIGKILL ? killed_ : crashed_;
    times.pidfd.push_back(since(seen));
    if (retries == 0) {
      times.future.push_back(since(ready));
      times.behind.push_back(static_cast<double>(ready - seen) * 1e-9);
    } else {
      times.elsewhere.push_back(since(board().again_at_ns.load()));
    }
    times.replacement.push_back(since(await_successor(pid)));
  }

  const Times& killed() const { return killed_; }
  const Times& crashed() const { return crashed_; }

 private:
  // Runs when this returns, and waits for its death.
  muster::Future<void> begin_task(unsigned retries) {
    await_workers();
    board().runs.store(0);
    board().pid.store(0);
    auto future = pool_.submit({.name = "stays", .retries = retries}, &stay, megabytes_);
    while (board().pid.load() == 0) ::usleep(100);
    return future;
  }

  // When it was forked.
  std::int64_t await_successor(pid_t pid) const {
    const auto& facts = memory_.views().facts.worker(board().worker.load());
    pid_t successor = 0;
    while (successor == 0 || successor == pid) {
      ::usleep(100);
      successor = static_cast<pid_t>(facts.pid.load());
    }
    await_workers();
    return facts.started_monotonic_ns.load();
  }

  // Until both are asleep, set up.
  void await_workers() const {
    for (std::uint32_t w = 0; w < 2; ++w) {
      const auto& facts = memory_.views().facts.worker(w);
      const auto& record = memory_.views().results.window(w).record();
      const auto& park = memory_.views().control.park()[w];
      while (facts.pid.load() == 0 || record.incarnation.load() != facts.incarnation.load() ||
             record.phase.load() != muster::detail::WorkerPhase::ready ||
             park.state.load() != muster::detail::kParked) {
        ::usleep(200);
      }
    }
  }

  const std::size_t megabytes_;
  muster::ProcessPoolExecutor pool_;
  muster::detail::LoadedPool memory_;
  Times killed_;   // by SIGKILL
  Times crashed_;  // by SIGSEGV: the worker writes down where it was
};

// `tier`: whose notice it comes of. The kernel marks a robust futex before it tears the memory of
// the worker down, and its pidfd after. The crash handler runs in the worker before either, and
// notes what the error says then; nobody waits for it.
void print_row(unsigned megabytes, const char* tier, const char* what,
               const std::vector<double>& seconds, nlohmann::ordered_json& rows) {
  if (seconds.empty()) {
    fmt::print("{:>5} MB  {:<52} was never seen\n", megabytes, what);
    return;
  }
  const Percentiles p = percentiles_of(seconds);
  fmt::print("{:>5} MB  {:<52} {:>10.0f} {:>10.0f} {:>10.0f} {:>6}\n", megabytes, what, p.p50 * 1e6,
             p.p99 * 1e6, p.max * 1e6, seconds.size());
  rows.push_back({{"megabytes", megabytes},
                  {"tier", tier},
                  {"from_kill_to", what},
                  {"p50_s", p.p50},
                  {"p99_s", p.p99},
                  {"max_s", p.max},
                  {"samples", seconds.size()}});
}

// A time that is to be kept: `found` is to be below `limit`, in seconds.
void judge(unsigned megabytes, const char* what, double found, double limit,
           nlohmann::ordered_json& wanted) {
  fmt::print("{:>5} MB  wanted: {} under {:.0f} us: {}\n", megabytes, what, limit * 1e6,
             found < limit ? "kept" : fmt::format("NOT kept, {:.0f} us", found * 1e6));
  wanted.push_back({{"megabytes", megabytes},
                    {"what", what},
                    {"limit_s", limit},
                    {"found_s", found},
                    {"kept", found < limit}});
}

// By SIGKILL and by SIGSEGV, of workers whose tasks have made them so large.
std::pair<Times, Times> kill_large_ones(unsigned megabytes, unsigned kills) {
  Measurement measurement(megabytes, Measurement::Grows::by_tasks);
  for (unsigned i = 0; i < kills; ++i) {
    watch(fmt::format("{} MB, kill {}", megabytes, i));
    measurement.kill_one(SIGKILL, 0);
    measurement.kill_one(SIGKILL, 1);
    measurement.kill_one(SIGSEGV, 0);
    measurement.kill_and_look(SIGKILL);
    measurement.kill_and_look(SIGSEGV);
  }
  return {measurement.killed(), measurement.crashed()};
}

// By SIGKILL, of workers whose initializer has.
Times kill_those_large_at_once(unsigned megabytes, unsigned kills) {
  Measurement measurement(megabytes, Measurement::Grows::at_once);
  for (unsigned i = 0; i < kills; ++i) {
    watch(fmt::format("{} MB at once, kill {}", megabytes, i));
    measurement.kill_one(SIGKILL, 0);
  }
  return measurement.killed();
}

void measure(unsigned megabytes, unsigned kills, bool python_too, nlohmann::ordered_json& rows,
             nlohmann::ordered_json& wanted, nlohmann::ordered_json& remarks) {
  watch(fmt::format("{} MB", megabytes));
  const auto [killed, crashed] = kill_large_ones(megabytes, kills);
  const auto row = [&](const char* tier, const char* what, const std::vector<double>& seconds) {
    print_row(megabytes, tier, what, seconds, rows);
  };
  row("pidfd", "a pidfd that this program polls", killed.pidfd);
  row("pidfd", "the future's error, in a thread that slept for it", killed.future);
  row("pidfd", "the same, from the pidfd's notice on", killed.behind);
  row("robust futex", "the mark, in memory that this program looks at", killed.early);
  row("robust futex", "the replacement, forked", killed.replacement);
  row("pidfd", "the task, with a retry, on the other worker", killed.elsewhere);
  row("crash handler", "SIGSEGV: its note, in memory that this program looks at", crashed.early);
  row("robust futex", "SIGSEGV: the replacement, forked", crashed.replacement);
  row("pidfd", "SIGSEGV: a pidfd that this program polls", crashed.pidfd);
  row("pidfd", "SIGSEGV: the future's error, with the backtrace noted", crashed.future);
  if (megabytes != 0) {
    row("pidfd", "the same, where the initializer fills the memory",
        kill_those_large_at_once(megabytes, kills).behind);
  }
  ::alarm(0);
  if (megabytes == 0) {
    const Percentiles future = percentiles_of(killed.future);
    judge(megabytes, "p50 until the future's error", future.p50, 0.5e-3, wanted);
    judge(megabytes, "p99 until the future's error", future.p99, 2e-3, wanted);
  } else {
    const Percentiles behind = percentiles_of(killed.behind);
    judge(megabytes, "p50 from the pidfd's notice to the future's error", behind.p50, 1e-3, wanted);
    judge(megabytes, "p99 from the pidfd's notice to the future's error", behind.p99, 1e-3, wanted);
  }
  judge(megabytes, "p50 until the replacement", percentiles_of(killed.replacement).p50, 1e-3,
        wanted);
  if (!python_too) return;
  if (const auto python = python_detection(megabytes, kills)) {
    row("", "Python's ProcessPoolExecutor: BrokenProcessPool", *python);
  } else {
    remarks.push_back(
        fmt::format("Python's ProcessPoolExecutor at +{} MB was not measured: there is no python3 "
                    "here, or it failed",
                    megabytes));
    fmt::print("Remark: {}\n", remarks.back().get<std::string>());
  }
  std::fflush(stdout);
}

int run_all(const Options& options) {
  board();  // before the first fork
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const Complaints none("muster-detection");
  auto document = begin_document("muster-detection", options);
  document["remarks"] = nlohmann::ordered_json::array();
  double load = 0;
  if (::getloadavg(&load, 1) == 1 && load > 1) {
    document["remarks"].push_back(
        fmt::format("the load is {:.1f}: others use the processors, too", load));
    fmt::print("Remark: {}\n", document["remarks"].back().get<std::string>());
  }
  fmt::print("{:>8}  {:<52} {:>10} {:>10} {:>10} {:>6}\n", "worker", "us from the kill to", "p50",
             "p99", "max", "kills");
  const auto kills = [&](unsigned quick, unsigned full) {
    if (options.kills != 0) return options.kills;
    return options.full ? full : quick;
  };
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  nlohmann::ordered_json wanted = nlohmann::ordered_json::array();
  const bool python_too = options.kills == 0;
  measure(0, kills(100, 500), python_too, rows, wanted, document["remarks"]);
  measure(64, kills(60, 500), python_too, rows, wanted, document["remarks"]);
  measure(256, kills(25, 200), python_too, rows, wanted, document["remarks"]);
  document["rows"] = std::move(rows);
  document["wanted"] = std::move(wanted);
  return finish(options, std::move(document), none);
}

}  // namespace
}  // namespace steps

int main(int argc, char** argv) {
  return steps::run_program(
      argc, argv, "muster-detection",
      "Measures how long it takes until a worker's death is known and made good.",
      steps::Takes::measurement, &steps::run_all);
}
