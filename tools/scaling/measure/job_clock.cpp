#include "tools/scaling/measure/job_clock.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>

#include "tools/scaling/measure/clocks.hpp"

namespace scaling {

namespace {

// As the kernel makes the clock of a thread (CPUCLOCK_SCHED | CPUCLOCK_PERTHREAD_MASK); glibc gives
// it for a pthread_t only, which another's thread has not told.
clockid_t clock_of_thread(pid_t thread) { return (~thread << 3) | 6; }

clockid_t clock_of_process(pid_t process) {
  clockid_t clock{};
  const int failed = ::clock_getcpuclockid(process, &clock);
  if (failed != 0) {
    throw std::system_error(failed, std::generic_category(),
                            "cannot read the clock of process " + std::to_string(process));
  }
  return clock;
}

pid_t thread_of_conductor() {
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(thread.path() / "comm");
    std::string name;
    std::getline(file, name);
    if (name == "muster-mpi") return std::stoi(thread.path().filename());
  }
  throw std::runtime_error(
      "this process has no thread \"muster-mpi\": start it by mpirun with two ranks or more");
}

pid_t parent_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("PPid:")) return std::stoi(line.substr(line.find('\t')));
  }
  throw std::runtime_error("process " + std::to_string(pid) + " is gone");
}

std::string executable_of(pid_t pid) {
  return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe");
}

// The first of the program's processes above a worker: the rank itself, which the launcher started.
pid_t rank_of(pid_t worker) {
  const std::string program = executable_of(worker);
  pid_t rank = worker;
  for (pid_t up = parent_of(rank); up > 1 && executable_of(up) == program; up = parent_of(up)) {
    rank = up;
  }
  return rank;
}

double sum_of(const std::vector<clockid_t>& clocks) {
  return std::accumulate(clocks.begin(), clocks.end(), 0.0, [](double sum, clockid_t clock) {
    return sum + static_cast<double>(nanoseconds_of(clock));
  });
}

}  // namespace

JobTimes operator-(const JobTimes& later, const JobTimes& earlier) {
  return {later.client - earlier.client, later.conductor - earlier.conductor,
          later.servers - earlier.servers, later.workers - earlier.workers};
}

JobClock::JobClock(const std::vector<pid_t>& workers) {
  const pid_t conductor = thread_of_conductor();
  conductor_ = clock_of_thread(conductor);
  const auto place_of = [this](pid_t process, pid_t thread) {
    places_.push_back("/proc/" + std::to_string(process) + "/task/" + std::to_string(thread) +
                      "/stat");
  };
  place_of(::getpid(), ::getpid());
  place_of(::getpid(), conductor);
  std::set<pid_t> known;
  for (const pid_t worker : workers) {
    workers_.push_back(clock_of_process(worker));
    const pid_t rank = rank_of(worker);
    if (!known.insert(rank).second) throw std::runtime_error("a rank has more than one worker");
    servers_.push_back(clock_of_process(rank));
    place_of(rank, rank);
  }
  for (const pid_t worker : workers) place_of(worker, worker);
}

std::vector<int> JobClock::placement() const {
  std::vector<int> cpus;
  for (const std::string& place : places_) {
    std::ifstream file(place);
    std::string line;
    std::getline(file, line);
    // The name may hold anything; the fields behind it begin with the third, and the CPU is the
    // 39th.
    std::istringstream fields(line.substr(line.rfind(')') + 1));
    std::string field;
    for (int i = 3; i <= 39; ++i) fields >> field;
    cpus.push_back(std::stoi(field));
  }
  return cpus;
}

JobTimes JobClock::now() const {
  return {static_cast<double>(thread_ns()), static_cast<double>(nanoseconds_of(conductor_)),
          sum_of(servers_), sum_of(workers_)};
}

}  // namespace scaling
