// A process pool under a steady load, to look into: each second it prints how many tasks had ended
// in it. Ends after so many seconds, or with its standard input.

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <muster/muster.hpp>

namespace {

using Clock = std::chrono::steady_clock;

// Computes for so long; not at all for 0.
std::uint64_t work(std::uint32_t microseconds) {
  std::uint64_t turns = 0;
  const auto end = Clock::now() + std::chrono::microseconds(microseconds);
  while (microseconds != 0 && Clock::now() < end) ++turns;
  return turns;
}

bool input_ended() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  char byte = 0;
  return ::poll(&input, 1, 0) > 0 && ::read(STDIN_FILENO, &byte, 1) <= 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t workers = 2;
  std::uint32_t microseconds = 0;
  std::size_t window = 1024;
  double seconds = 60;
  std::string name = "load";
  std::size_t events = muster::TelemetryOptions{}.worker_events;
  CLI::App app("A process pool under a steady load; prints tasks a second.", "muster-load");
  app.add_option("--workers", workers, "Worker processes")->capture_default_str();
  app.add_option("--task-us", microseconds, "Microseconds that each task computes")
      ->capture_default_str();
  app.add_option("--window", window, "Tasks in flight")->capture_default_str();
  app.add_option("--seconds", seconds, "How long")->capture_default_str();
  app.add_option("--name", name, "The pool's")->capture_default_str();
  app.add_option("--worker-events", events, "Entries of each worker's ring of events")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  muster::ProcessPoolExecutor pool({.max_workers = workers,
                                    .name = name,
                                    .on_worker_death = muster::OnWorkerDeath::replace,
                                    .telemetry = {.worker_events = events}});
  std::deque<muster::Future<std::uint64_t>> in_flight;
  const auto begin = Clock::now();
  auto second = begin + std::chrono::seconds(1);
  std::uint64_t ended = 0;
  while (true) {
    while (in_flight.size() < window) {
      in_flight.push_back(pool.submit({.name = "work"}, work, microseconds));
    }
    // A worker that is killed takes its task along, and nothing else.
    in_flight.front().exception();
    in_flight.pop_front();
    if (++ended % 64 != 0 && microseconds < 1000) continue;
    const auto now = Clock::now();
    if (now < second) continue;
    fmt::print("{:.0f}\n",
               static_cast<double>(ended) /
                   std::chrono::duration<double>(now - second + std::chrono::seconds(1)).count());
    std::fflush(stdout);
    ended = 0;
    second = now + std::chrono::seconds(1);
    if (now - begin >= std::chrono::duration<double>(seconds) || input_ended()) return 0;
  }
}
