#pragma once

// A worker's end of the shared queue: from hints to tasks that are its own to run.
//
// pop: (1) begin what was reserved, (2) sweep if the epoch is new, (3) reserve more. A worker
// takes many hints at once only while its tasks are measured to be tiny and nobody sleeps, and it
// announces them (reservation.hpp), so that an idle worker can take them from behind a long task.
//
// If the worker dies here: what it had reserved is pending still and is found by the sweep that
// its recovery causes; what it had claimed says so in its slot word.
//
// Templated on the platform and on its pace, so that a scheduler can interleave every step. The
// steps are in worker_queue_steps.hpp.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "lib/common/platform.hpp"
#include "lib/common/ticks.hpp"
#include "lib/queue/shared_queue.hpp"
#include "lib/queue/task_queue.hpp"
#include "lib/segments/layout.hpp"
#include "lib/segments/views.hpp"

namespace muster::detail {

// How a worker decides how many hints it takes at once.
struct WorkerPace {
  static constexpr std::uint64_t kTinyTicks = detail::kTinyTicks;
  static std::uint64_t ticks() { return ticks_now(); }
  // Of `queued` hints, while tasks are tiny.
  static std::size_t fair_share(std::size_t queued, std::size_t workers) {
    return queued / (2 * workers);
  }
};

template <class Platform, class Pace = WorkerPace>
class BasicWorkerQueue {
 public:
  // Takes at most `limit` tasks in all (0: no limit). `spins`: looks again for a while before it
  // sleeps. `record` is the worker's own.
  BasicWorkerQueue(const SharedQueue<Platform>& queue, const TasksView& tasks, WorkerRecord& record,
                   std::uint32_t worker, std::size_t limit, bool spins);

  using Item = Hint;

  // Before the first task and after the last: between the two the worker counts as one that takes
  // tasks, awake or woken when there are some.
  void arrive() { parking_.leave(worker_); }
  void depart();
  // Before depart(), where it goes before it has run all that it has reserved: others find that.
  void give_back();

  // A task that is this worker's to run from now on; false if there is none at the moment.
  bool try_pop(Hint& task);
  // Closed also when the limit is reached.
  PopResult pop_until(Hint& task, Deadline until);
  void close() { ring_.close(); }

  // Nothing more comes, ever.
  bool closed() const { return ring_.closed(); }
  // Whether each task's start is in the record, and not that of some alone.
  bool times_each() const;
  bool exhausted() const { return limit_ != 0 && taken_in_all_ >= limit_; }
  std::size_t approximate_size() const { return static_cast<std::size_t>(ring_.size()); }
  SlotTable<Platform>& slots() { return slots_; }

 private:
  std::optional<Hint> begin_reserved();
  std::optional<Hint> sweep();
  bool reserve();
  void measure();
  std::optional<Hint> steal();
  bool claim(Hint hint);
  void fetch(std::size_t reserved);
  bool spin();
  bool park(Hint& task, Deadline until);
  void wake_next();
  // Seq_cst: the client counts, then wakes those that it finds parked.
  std::uint32_t blocks_gone() const { return tasks_.header().blocks_gone.load(); }
  std::size_t left() const { return limit_ == 0 ? kMaxReserved : limit_ - taken_in_all_; }

  TasksView tasks_;
  SlotTable<Platform> slots_;
  HintRing<Platform> ring_;
  Parking<Platform> parking_;
  std::span<BasicReservation<Platform>> reservations_;
  WorkerRecord& record_;
  const std::uint32_t worker_;
  const std::uint32_t workers_;
  const std::size_t limit_;
  const bool spins_;

  std::array<std::uint64_t, kMaxReserved> reserved_{};
  std::size_t begun_ = 0;
  std::size_t reserved_count_ = 0;
  std::size_t taken_in_all_ = 0;
  std::uint32_t seen_epoch_ = 0;
  std::uint32_t seen_gone_ = 0;  // PoolHeader::blocks_gone: who runs the tasks is to look, too
  std::uint32_t sweep_at_;       // slots_.size(): no sweep is under way
  std::uint64_t reserved_at_ticks_ = 0;  // 0: was idle since
  std::uint64_t average_ticks_;          // from one task to the next, while there is work
  std::int64_t sleep_bound_ns_;
};

using WorkerQueue = BasicWorkerQueue<StdPlatform>;
extern template class BasicWorkerQueue<StdPlatform>;

}  // namespace muster::detail
