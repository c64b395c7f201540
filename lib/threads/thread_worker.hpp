#pragma once

#include <cstdint>

#include <muster/detail/chunk.hpp>
#include <muster/detail/state.hpp>
#include <muster/detail/task_context.hpp>
#include <muster/detail/worker_locals.hpp>

#include "lib/queue/worker_loop.hpp"
#include "lib/threads/pool_queue.hpp"
#include "lib/threads/worker_slot.hpp"

namespace muster::detail {

class ThreadPool;

// What one thread of a pool does: the TaskRunner of its loop, and what its tasks can ask.
class ThreadWorker final : public TaskContext {
 public:
  ThreadWorker(ThreadPool& pool, WorkerSlot& slot) : pool_(pool), slot_(slot) {}

  // The pool whose thread the calling one is; null: none.
  static const ThreadPool* current_pool() noexcept;

  // From the thread's beginning to its end.
  void live() noexcept;

  LoopStep run(StateBase* task);
  LoopStep idle() {
    until_clock_ = 0;  // the time that passes now was not spent in tasks
    return LoopStep::go_on;
  }
  Deadline idle_until() { return Deadline::never(); }

  bool stop_requested() const noexcept override;
  void set_progress(std::uint64_t done, std::uint64_t total) noexcept override;
  std::size_t worker_index() const noexcept override { return slot_.index; }
  pid_t worker_pid() const noexcept override;
  const ChunkProgress* chunk() noexcept override;
  WorkerLocals* locals() noexcept override { return &locals_; }

 private:
  bool initialize() noexcept;
  void note_start(StateBase& task) noexcept;
  void read_clock() noexcept;

  ThreadPool& pool_;
  WorkerSlot& slot_;
  PoolQueue::WorkerEnd* queue_ = nullptr;
  StateBase* task_ = nullptr;  // that runs
  ChunkProgress progress_;
  // Reading the clock costs as much as a tiny task: while tasks are tiny it is read every 16th.
  std::uint32_t until_clock_ = 0;
  std::uint32_t since_clock_ = 0;
  std::uint32_t tiny_readings_ = 0;  // in a row, the last ones
  std::uint64_t clock_ = 0;
  std::uint64_t helped_ = 0;  // when it last took what another worker had reserved
  WorkerLocals locals_;
};

}  // namespace muster::detail
