#pragma once

#include <memory>

namespace muster::detail {

// A pool that is alive when the program ends by exit() or by returning from main is drained: its
// tasks end before the program does. What was made static before the first pool is destroyed
// after that.
class ExitDrained {
 public:
  // Called once by exit(), on the thread that called it.
  virtual void drain_at_exit() noexcept = 0;

 protected:
  ~ExitDrained() = default;
};

// From now on, for as long as the pool lives. Thread safety: any.
void drain_at_exit(std::weak_ptr<ExitDrained> pool);

}  // namespace muster::detail
