#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tools/scaling/algorithm.hpp"
#include "tools/scaling/costs.hpp"

namespace scaling {

// Who gives tasks to ranks.
enum class Topology {
  flat,      // rank 0, as the library does
  tree,      // rank 0 to sub-masters, each of them to ranks of its own
  stealing,  // rank 0 deals all out; a rank that has none left takes half of another's
};
std::string_view name_of(Topology topology);

// One simulated job.
struct Plan {
  Topology topology = Topology::flat;
  std::size_t ranks = 1;      // that serve, without sub-masters
  std::size_t workers = 1;    // of each
  std::size_t fan_out = 100;  // ranks of a sub-master
  std::size_t tasks = 1000;
  std::uint64_t seed = 1;

  // What a task computes, in nanoseconds on a rank that is not slow.
  double length = 0;
  bool sleeps = false;    // it sleeps for so long, and computes nothing
  double long_share = 0;  // of the tasks, so many
  double long_times = 1;  // are so many times longer
  double slow_share = 0;  // of the ranks, so many
  double slow_times = 1;  // take so many times longer

  double task_bytes = 40;    // of a record of a batch
  double result_bytes = 24;  // likewise
  // From when a message was sent until it can be received, besides what both ends spend, and for
  // each byte.
  double latency = 0;
  double byte_time = 0;

  // The job is on one machine: where its threads are, as JobClock::placement(), at so many times of
  // the run, equally spaced by the tasks that have ended. Empty: each thread has a core of its own.
  std::vector<std::vector<int>> placements = {};
  // All tasks are in rank 0's queue when it begins, and the client waits for the last one only.
  bool gated = false;

  Algorithm algorithm = {};
  Costs costs = {};
};

// What became of it.
struct Outcome {
  double seconds = 0;
  double rate = 0;  // tasks a second
  // Nanoseconds of processor time for each task.
  double client = 0;
  double conductor = 0;
  double servers = 0;
  double workers = 0;
  // Of the time that the workers had, the share in which they computed.
  double efficiency = 0;
  double root_busy = 0;        // share of the time that rank 0's thread for MPI had something to do
  std::uint64_t messages = 0;  // to and from rank 0
  std::uint64_t stolen = 0;    // tasks
  std::size_t ended = 0;
  std::size_t ended_twice = 0;
  std::uint64_t events = 0;
};

// Throws std::runtime_error where the job comes to a standstill.
Outcome simulate(const Plan& plan);

}  // namespace scaling
