#pragma once

#include <sys/types.h>

#include <ctime>
#include <string>
#include <vector>

namespace scaling {

// Processor time of a job's parts, in nanoseconds.
struct JobTimes {
  double client = 0;     // rank 0's thread that submits
  double conductor = 0;  // rank 0's thread that talks MPI
  double servers = 0;    // the other ranks' processes, all of them together
  double workers = 0;    // theirs, all of them together

  double sum() const { return client + conductor + servers + workers; }
};

JobTimes operator-(const JobTimes& later, const JobTimes& earlier);

// Reads the clocks of a job whose ranks all run on this machine.
class JobClock {
 public:
  // In rank 0, from the thread that submits, with a pool that has these workers, in the order of
  // the ranks, one in each. Throws std::runtime_error where a process cannot be found.
  explicit JobClock(const std::vector<pid_t>& workers);
  JobTimes now() const;
  // The CPU that each part's thread runs on, or ran on last: client, conductor, the servers and the
  // workers, both in the order of the ranks.
  std::vector<int> placement() const;

 private:
  clockid_t conductor_;
  std::vector<std::string> places_;  // of /proc
  std::vector<clockid_t> servers_;
  std::vector<clockid_t> workers_;
};

}  // namespace scaling
