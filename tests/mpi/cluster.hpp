#pragma once

#include <cstdlib>
#include <string>

#include <muster/mpi.hpp>
#include <muster/muster.hpp>

namespace test_support {

// Ranks that serve where these tests are started as CTest does: two, or none without mpirun.
inline std::size_t expected_ranks() {
  const char* const text = std::getenv("MUSTER_TEST_RANKS");
  return text != nullptr ? std::strtoul(text, nullptr, 10) : 2;
}

inline muster::ProcessPoolOptions replacing(std::size_t workers) {
  return {.max_workers = workers, .on_worker_death = muster::OnWorkerDeath::replace};
}

}  // namespace test_support
