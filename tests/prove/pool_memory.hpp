#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "lib/inspect/pool_loader.hpp"

namespace prove {

// The memory of a pool of this process, found as the status tool finds it, by its name, and mapped
// for reading. Unlike the tool's, with the arguments of tasks.
class PoolMemory {
 public:
  // Throws std::runtime_error where it cannot be read. The pool's name must be no other pool's.
  explicit PoolMemory(const std::string& pool_name);
  ~PoolMemory();
  PoolMemory(const PoolMemory&) = delete;
  PoolMemory& operator=(const PoolMemory&) = delete;

  const muster::detail::Geometry& geometry() const { return pool_->constants().geometry; }
  const muster::detail::ControlView& control() const { return pool_->views().control; }
  const muster::detail::ResultsView& results() const { return pool_->views().results; }
  const muster::detail::FactsView& facts() const { return pool_->views().facts; }
  // With arguments() mapped.
  const muster::detail::TasksView& tasks() const { return tasks_; }
  // A process of the pool, by /proc: 0 where there is none at the moment.
  pid_t worker(std::uint32_t index) const {
    return static_cast<pid_t>(facts().worker(index).pid.load());
  }
  pid_t supervisor() const { return static_cast<pid_t>(facts().facts().supervisor_pid.load()); }

 private:
  std::optional<muster::detail::LoadedPool> pool_;
  muster::detail::TasksView tasks_;
};

}  // namespace prove
