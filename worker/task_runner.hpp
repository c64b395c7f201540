#pragma once

// Runs one task after another in a worker: decode, call, encode, finish, tell.
//
// If the worker dies here: up to finish() the slot word says running, and recovery ends the task
// as died; after it the result stands. Telling comes last, and a client that is not told looks
// by itself when it hears of the death.

#include <sys/types.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <muster/detail/chunk.hpp>
#include <muster/detail/task_context.hpp>
#include <muster/detail/task_type.hpp>
#include <muster/detail/worker_locals.hpp>

#include "lib/queue/worker_loop.hpp"
#include "lib/segments/views.hpp"
#include "worker/block_cache.hpp"
#include "worker/limits/resident_limit.hpp"
#include "worker/parent_watch.hpp"
#include "worker/result_memory.hpp"
#include "worker/task_telemetry.hpp"
#include "worker/worker_queue.hpp"
#include "worker/worker_setup.hpp"

namespace muster::detail {

class ProcessTaskRunner final : public TaskContext, private ItemGate {
 public:
  ProcessTaskRunner(const WorkerSetup& setup, const TasksView& tasks, const ControlView& control,
                    const WindowView& window, WorkerQueue& queue, std::uint32_t index,
                    ParentWatch& parent);

  // For run_worker(). An item is a task that the queue has claimed for this worker.
  LoopStep run(Hint task);
  LoopStep idle();
  Deadline idle_until() const { return std::min(parent_.next(), memory_.idle_until()); }

  // Before the first task, what the worker's limits need of it (lib/limits). Throws Error.
  void prepare_for_limits();

  // After the last task: a successor goes on where this worker's results lie.
  void leave_results() { memory_.leave(); }
  // There is no successor.
  void end_results() { memory_.end(); }

  bool stop_requested() const noexcept override;
  void set_progress(std::uint64_t done, std::uint64_t total) noexcept override;
  std::size_t worker_index() const noexcept override { return index_; }
  pid_t worker_pid() const noexcept override { return pid_; }
  const ChunkProgress* chunk() noexcept override { return in_chunk_ ? &chunk_ : nullptr; }
  WorkerLocals* locals() noexcept override { return &locals_; }
  // Of a chunk each item's now: they would add up.
  void destroy_later(std::unique_ptr<Leftover> leftover) noexcept override {
    if (!in_chunk_) leftover_ = std::move(leftover);
  }

 private:
  bool call(Hint task, const TaskPart& part, ResultPart& result);
  std::optional<std::uint64_t> checksum_key(Hint task, SlotStatus status) const;
  void forget_chunk();
  Thunk thunk_of(FunctionCode code);
  void pass() noexcept override;
  void tell(Hint task);
  [[noreturn]] void await_kill(Hint task);

  const WorkerSetup& setup_;
  TasksView tasks_;
  ControlView control_;
  WindowView window_;
  WorkerRecord& record_;
  WorkerQueue& queue_;
  ResultMemory memory_;
  BlockCache blocks_;
  TaskTelemetry telemetry_;
  const std::uint32_t index_;
  const pid_t pid_;
  ParentWatch& parent_;
  ResidentLimit resident_;
  const TaskPart* part_ = nullptr;  // of the task that runs
  Hint task_;                       // the last that was begun
  ChunkProgress chunk_;
  bool in_chunk_ = false;
  std::unique_ptr<Leftover> leftover_;  // of the task that has ended
  std::byte* failed_chunk_ = nullptr;   // the records of a chunk that failed as a whole
  FunctionCode last_code_ = ~FunctionCode{0};
  Thunk last_thunk_ = nullptr;
  WorkerLocals locals_;  // the first to be destroyed: they may hold what blocks_ has mapped
};

}  // namespace muster::detail
