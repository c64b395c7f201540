#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <muster/muster.hpp>

#include "command_line.hpp"

namespace example {

// One way to do the work.
struct Contender {
  std::string name;
  std::function<void()> work;
};

// Does the work on each pool and by each of the others, in turns so that all see the same machine,
// and prints median, quartiles, and the ratio to the first of the others. Each has one run before
// that is not counted. `others` makes the others, for so many workers.
void bench(const Settings& settings, const std::function<void(muster::Executor&)>& on_pool,
           const std::function<std::vector<Contender>(std::size_t workers)>& others);

}  // namespace example
