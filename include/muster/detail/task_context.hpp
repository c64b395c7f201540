#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace muster::detail {

struct ChunkProgress;
class WorkerLocals;

// An object that a task has done with.
struct Leftover {
  Leftover() = default;
  Leftover(const Leftover&) = delete;
  Leftover& operator=(const Leftover&) = delete;
  virtual ~Leftover() = default;
};

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
  // What its tasks keep in this worker; null where they cannot.
  virtual WorkerLocals* locals() noexcept { return nullptr; }

  // Destroys it when the task's end was told, or now: what takes long to destroy.
  virtual void destroy_later(std::unique_ptr<Leftover> /*leftover*/) noexcept {}

  // Of the calling thread; null outside workers.
  static TaskContext* current() noexcept;
  static void set_current(TaskContext* context) noexcept;

 protected:
  ~TaskContext() = default;
};

}  // namespace muster::detail
