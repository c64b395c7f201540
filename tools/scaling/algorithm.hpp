#pragma once

#include <cstddef>

#include <nlohmann/json.hpp>

namespace scaling {

// The constants of lib/mpi that decide how a job runs. They stand in the files of measurements too,
// and those are what is simulated: figures are compared with the library that they were measured
// of.
struct Algorithm {
  // back_off.hpp, in nanoseconds
  double look = 3'000;
  double shortest_sleep = 8'000;
  double longest_sleep = 1'000'000;
  double sleep_divisor = 20;
  // conductor.cpp, rank_server.cpp
  double full_batch = 16'384;     // bytes
  double batch_waits = 25'000;    // ns
  double short_sleep = 60'000;    // ns
  std::size_t most_batches = 16;  // received in a row
  // served_pool.cpp
  std::size_t patience = 16;
  // share.hpp
  double ahead = 2'000'000;  // ns
  double memory = 200'000;   // ns
  std::size_t most_tasks = 8192;
  // round_trip.hpp
  double longest_round_trip = 100'000'000;  // ns
  double round_trip_memory = 8;             // batches
  // lib/futures/spin.hpp, at this machine's ticks
  double spin = 23'000;  // ns
};

nlohmann::json to_json(const Algorithm& algorithm);
// Throws nlohmann::json::exception for what it lacks, std::runtime_error for what makes no sense.
Algorithm algorithm_of(const nlohmann::json& json);

}  // namespace scaling
