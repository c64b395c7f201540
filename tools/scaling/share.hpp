#pragma once

#include <algorithm>
#include <cstddef>

#include "tools/scaling/algorithm.hpp"

namespace scaling {

// How much a rank is given ahead: lib/mpi/share.hpp and round_trip.hpp, with the simulation's time.
class Share {
 public:
  std::size_t workers = 0;
  std::size_t sent = 0;

  bool has_idle_workers() const { return sent < workers; }
  std::size_t window(const Algorithm& algorithm) const {
    const double span = std::max(algorithm.ahead, 2 * round_trip_);
    const auto ahead = static_cast<std::size_t>(per_ns_ * span);
    return std::min(workers + ahead, std::max(workers, algorithm.most_tasks));
  }
  bool has_room(const Algorithm& algorithm) const { return sent < window(algorithm); }

  void give(double now) {
    if (sent++ == 0) since_ = now;
  }
  void round_trip_took(double ns, const Algorithm& algorithm) {
    ns = std::clamp(ns, 0.0, algorithm.longest_round_trip);
    round_trip_ =
        round_trip_ < 0 ? ns : round_trip_ + (ns - round_trip_) / algorithm.round_trip_memory;
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
  double round_trip_ = -1;  // not known
};

}  // namespace scaling
