#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace muster::detail {

struct ChunkProgress;

// What a task can ask of the worker that runs it, behind muster::this_task and
// muster::this_worker. Each worker has one and sets it while it runs tasks and initializers.
class TaskContext {
 public:
  TaskContext() = default;
  TaskContext(const TaskContext&) = delete;
  TaskContext& operator=(const TaskContext&) = delete;

  virtual bool stop_requested() const noexcept = 0;
  virtual void set_progress(std::uint64_t done, std::uint64_t total) noexcept = 0;
  virtual std::size_t worker_index() const noexcept = 0;
  // Of the process the worker runs in.
  virtual pid_t worker_pid() const noexcept = 0;
  // What a chunk of map needs to know of its run; null where none runs.
  virtual const ChunkProgress* chunk() noexcept { return nullptr; }

  // Of the calling thread; null outside workers.
  static TaskContext* current() noexcept;
  static void set_current(TaskContext* context) noexcept;

 protected:
  ~TaskContext() = default;
};

}  // namespace muster::detail
