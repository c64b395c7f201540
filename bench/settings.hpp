#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/statistics.hpp"

namespace bench {

// How much is to be measured.
struct Settings {
  bool quick = false;
  std::size_t runs = 7;  // of each cell; what is printed is their median
  bool runs_given = false;
  std::vector<std::size_t> workers = {1, 2};
  bool workers_given = false;     // by the user, for all scenarios
  std::chrono::seconds limit{0};  // of a run, instead of its scenario's; 0: none given
  std::uint64_t many_tasks = 10'000'000;
  std::vector<std::string> peers;  // names or patterns as in a shell; none: all

  // Whether the cells of this peer ("": of none) are to be measured.
  bool wants(const std::string& peer) const;

  // Of what is counted, and varies less than times do.
  std::size_t counting_runs() const { return quick ? std::min(runs, kLeastRuns) : runs; }
  // Of scenarios most of whose cells take a second.
  std::size_t slow_runs() const { return quick && !runs_given ? std::min(runs, kLeastRuns) : runs; }
  std::uint64_t less_if_quick(std::uint64_t full) const { return quick ? full / 10 : full; }
  // Of slow peers fewer yet: `full` is what takes a peer about 0.3 s.
  std::uint64_t empty_tasks(std::uint64_t full) const {
    return quick && full < 1'000'000 ? std::max<std::uint64_t>(full / 5, 20) : full;
  }
};

}  // namespace bench
