// What peers/python/peers.py is for Python's pools, for MpiPoolExecutor: started by mpirun, rank 0
// reads a command a line and answers each with a line of "key=value" fields. cluster.py drives it.
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <muster/mpi.hpp>
#include <muster/muster.hpp>

#include "bench/peers/tasks.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<double> echo(std::span<const double> values) { return {values.begin(), values.end()}; }

int short_work(int n) { return bench::short_work(n); }

struct Ranks {
  std::unique_ptr<muster::MpiPoolExecutor> pool;
  std::vector<double> array;

  std::string open(std::istream& in) {
    std::size_t workers = 0;
    in >> workers;
    pool = std::make_unique<muster::MpiPoolExecutor>(
        muster::ProcessPoolOptions{.max_workers = workers});
    return "ranks=" + std::to_string(pool->ranks());
  }

  std::string close(std::istream&) {
    pool.reset();
    return "";
  }

  // Empty tasks: all are submitted, then all are collected.
  std::string kept(std::istream& in) {
    int tasks = 0;
    in >> tasks;
    std::vector<muster::Future<int>> futures;
    futures.reserve(static_cast<std::size_t>(tasks));
    for (int n = 0; n < tasks; ++n) futures.push_back(pool->submit(bench::kPlusOne, n));
    std::int64_t sum = 0;
    for (const auto& future : futures) sum += future.result();
    return "sum=" + std::to_string(sum);
  }

  std::string windowed(std::istream& in) {
    std::size_t tasks = 0;
    std::size_t window = 0;
    in >> tasks >> window;
    std::vector<muster::Future<int>> futures(std::min(tasks, window));
    std::int64_t sum = 0;
    for (std::size_t n = 0; n < tasks; ++n) {
      auto& future = futures[n % window];
      if (n >= window) sum += future.result();
      future = pool->submit(bench::kPlusOne, static_cast<int>(n));
    }
    for (const auto& future : futures) sum += future.result();
    return "sum=" + std::to_string(sum);
  }

  std::string map(std::istream& in) {
    int tasks = 0;
    in >> tasks;
    std::vector<int> inputs(static_cast<std::size_t>(tasks));
    std::iota(inputs.begin(), inputs.end(), 0);
    std::int64_t sum = 0;
    for (const int result : pool->map(&short_work, inputs)) sum += result;
    return "sum=" + std::to_string(sum);
  }

  // How long each of so many took that are submitted when the one before has ended.
  std::string one_at_a_time(std::istream& in) {
    int tasks = 0;
    in >> tasks;
    std::ostringstream each;
    for (int n = 0; n < tasks; ++n) {
      const auto start = Clock::now();
      pool->submit(bench::kPlusOne, n).result();
      each << (n == 0 ? "" : ",") << seconds_since(start);
    }
    return "seconds=" + each.str();
  }

  // So many tasks that compute for so many microseconds of processor time each.
  std::string burn(std::istream& in) {
    int tasks = 0;
    int microseconds = 0;
    in >> tasks >> microseconds;
    std::vector<muster::Future<std::int64_t>> futures;
    const auto start = Clock::now();
    for (int n = 0; n < tasks; ++n) futures.push_back(pool->submit(&bench::burn, microseconds));
    for (const auto& future : futures) future.result();
    return "seconds=" + std::to_string(seconds_since(start));
  }

  // The same with tasks that sleep, so that more workers than processors do not compete.
  std::string nap(std::istream& in) {
    int tasks = 0;
    int microseconds = 0;
    in >> tasks >> microseconds;
    std::vector<muster::Future<void>> futures;
    const auto start = Clock::now();
    for (int n = 0; n < tasks; ++n) {
      futures.push_back(pool->submit(
          [](int us) {
            const timespec span{us / 1'000'000, us % 1'000'000 * 1000L};
            ::clock_nanosleep(CLOCK_MONOTONIC, 0, &span, nullptr);
          },
          microseconds));
    }
    for (const auto& future : futures) future.result();
    return "seconds=" + std::to_string(seconds_since(start));
  }

  std::string prepare_doubles(std::istream& in) {
    std::uint64_t count = 0;
    in >> count;
    array = bench::make_doubles(count);
    return "";
  }

  // To a worker and back, each time as an array of its own.
  std::string echo_doubles(std::istream& in) {
    int times = 0;
    in >> times;
    std::ostringstream each;
    for (int n = 0; n < times; ++n) {
      const auto start = Clock::now();
      const std::vector<double> back = pool->submit(&echo, array).result();
      each << (n == 0 ? "" : ",") << seconds_since(start);
      if (back != array) throw std::runtime_error("what came back is not what was sent");
    }
    return "seconds=" + each.str();
  }

  // Processor time of this process, while it does nothing for so long.
  std::string idle(std::istream& in) {
    double seconds = 0;
    in >> seconds;
    const auto used = [] {
      timespec time{};
      ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
      return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
    };
    const double before = used();
    ::usleep(static_cast<useconds_t>(seconds * 1e6));
    return "processor=" + std::to_string(used() - before);
  }

  std::string worker_pids(std::istream&) {
    std::string pids;
    for (const auto& worker : pool->worker_pids()) {
      pids += (pids.empty() ? "" : ",") + std::to_string(worker.pid);
    }
    return "pids=" + pids;
  }
};

}  // namespace

int main() {
  muster::init();
  Ranks ranks;
  const std::map<std::string, std::string (Ranks::*)(std::istream&)> commands = {
      {"open", &Ranks::open},
      {"close", &Ranks::close},
      {"kept", &Ranks::kept},
      {"windowed", &Ranks::windowed},
      {"map", &Ranks::map},
      {"one_at_a_time", &Ranks::one_at_a_time},
      {"burn", &Ranks::burn},
      {"nap", &Ranks::nap},
      {"prepare_doubles", &Ranks::prepare_doubles},
      {"echo_doubles", &Ranks::echo_doubles},
      {"idle", &Ranks::idle},
      {"worker_pids", &Ranks::worker_pids},
  };
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream in(line);
    std::string name;
    in >> name;
    const auto command = commands.find(name);
    if (command == commands.end()) {
      std::cerr << "muster-bench-ranks: there is no command \"" << name << "\"\n";
      return 2;
    }
    std::cout << (ranks.*command->second)(in) << std::endl;
  }
}
