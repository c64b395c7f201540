#pragma once

#include <string>
#include <unordered_map>

#include <muster/inspect.hpp>

#include "pool_model.hpp"
#include "task_history.hpp"
#include "tools/muster/open_pool.hpp"

namespace muster_tool::top {

// A pool that is looked at, shared by the screens that are about it.
class OpenPool {
 public:
  // As PoolInspector.
  OpenPool(const std::string& pool, const muster::InspectOptions& options)
      : inspector_(muster_tool::open_pool(pool, options)) {}

  void look();
  // Its processes are gone: what was seen last stays.
  bool has_ended() const { return ended_; }
  const PoolModel& model() const { return model_; }
  // The last tasks of a worker, up to now.
  const TaskHistory& history(std::size_t worker);
  muster::PoolInspector& inspector() { return inspector_; }

 private:
  muster::PoolInspector inspector_;
  PoolModel model_;
  // Of all workers: what has been read of the pool's events does not come again.
  std::unordered_map<std::size_t, TaskHistory> histories_;
  bool ended_ = false;
};

}  // namespace muster_tool::top
