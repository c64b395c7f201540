#pragma once

#include <cstdint>

namespace muster::detail {

// How this process was started, as the launcher says in the environment, before MPI is initialised.
struct Launch {
  int rank = 0;
  int ranks = 1;  // 1: also where no launcher says anything

  bool serves() const { return rank != 0; }
};

// Knows Open MPI's, MPICH's and Intel's mpirun, PMIx and Slurm with PMI. A process that a rank, or
// a task, has started was not itself started by the launcher, whose variables it inherits.
Launch launch_of_this_process();
// Where a launcher has started this process, its children can tell from now on that it was not
// them.
void mark_launched_process();

constexpr std::int64_t kUsualSilenceNs = 60'000'000'000;

// After how many nanoseconds in which nothing is heard of it a rank is lost, by MUSTER_MPI_SILENCE,
// seconds, in the environment: 60 without it, 0: never. Throws InvalidArgumentError for what is no
// number of seconds.
std::int64_t silence_limit_ns();

}  // namespace muster::detail
