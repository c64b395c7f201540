#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tools/scaling/algorithm.hpp"

namespace scaling {

// y by x, between measured points in proportion, beyond them along the last two.
class Curve {
 public:
  void add(double x, double y) { points_.push_back({x, y}); }
  double at(double x) const;
  bool empty() const { return points_.empty(); }

 private:
  struct Point {
    double x, y;
  };
  std::vector<Point> points_;
};

// What the parts of a job cost, in nanoseconds.
struct Costs {
  // Of a task, by which part spends it.
  double submit = 0;
  double collect = 0;
  double conductor = 0;  // given to a rank, and its result taken: half each
  double server = 0;     // taken from a message and put into a message: half each
  double worker = 0;     // besides what it computes
  // Of a message, by its bytes.
  Curve send;
  Curve receive;
  // Of a look for messages that finds none.
  double probe = 0;
  // Of a sleep, by how long it is to be: what it takes of a core, and how long the thread is away
  // besides.
  struct Sleep {
    Curve processor;
    Curve away;
  };
  // With so many other threads on the core that compute, or more.
  std::array<Sleep, 3> sleep;
  const Sleep& sleep_beside(std::size_t others) const {
    return sleep[std::min(others, sleep.size() - 1)];
  }
  // Of waking a thread, by which that spends it that wakes.
  double wake = 0;
  // Of a thread that computes while another one wakes on its core.
  double interruption = 0;
  // Of a worker that has nothing to do, until it has: its own, and its rank's thread "muster-pump".
  double idle_worker = 0;
  double pump = 0;
  // Of a rank: for each task that finds no idle worker; for each turn of rank 0's loop.
  double scan = 0;
  double turn = 0;

  // From a file of scaling-measure. `network`: which of its sections on messages. Throws
  // std::runtime_error that says what the file lacks.
  static Costs of(const nlohmann::json& measured, const std::string& network);
};

}  // namespace scaling
