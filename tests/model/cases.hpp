#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/model/model_pool.hpp"
#include "tests/model/scheduler.hpp"

namespace muster::model {

// How far the runs of a case go.
enum class Level {
  test,   // seconds for all: part of the tests
  quick,  // a minute or two for all
  full,   // hours
};

struct Case {
  std::string name;
  std::string what;
  unsigned actors;  // from the start; each death adds one
  Scheduler::MakeProgram make;
  std::optional<PoolShape> pool;  // none: it is not about a pool
  Bounds test;
  Bounds quick;
  Bounds full;

  // One after the other: the full level goes within the quick one's as well, where its own leave
  // some of that out.
  std::vector<Bounds> bounds(Level level) const;
};

const std::vector<Case>& cases();

}  // namespace muster::model
