#pragma once

#include <algorithm>
#include <cstddef>

#include "tools/scaling/algorithm.hpp"

namespace scaling {

// How much a rank is given ahead: lib/mpi/share.hpp, with the simulation's time.
class Share {
 public:
  std::size_t workers = 0;
  std::size_t sent = 0;

  bool has_idle_workers() const { return sent < workers; }
  std::size_t window(const Algorithm& algorithm) const {
    const auto ahead = static_cast<std::size_t>(per_ns_ * algorithm.ahead);
    return std::clamp(ahead, workers, std::max(workers, algorithm.most_tasks));
  }
  bool has_room(const Algorithm& algorithm) const { return sent < window(algorithm); }

  void give(double now) {
    if (sent++ == 0) since_ = now;
  }
  void ended(std::size_t tasks, double now, const Algorithm& algorithm) {
    sent -= tasks;
    const double span = std::max(now - since_, 1000.0);
    const double rate = static_cast<double>(tasks) / span;
    per_ns_ += (rate - per_ns_) * std::min(1.0, span / algorithm.memory);
    since_ = now;
  }

 private:
  double per_ns_ = 0;
  double since_ = 0;
};

}  // namespace scaling
