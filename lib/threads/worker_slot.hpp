#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <typeinfo>

#include <muster/stats.hpp>

#include "lib/common/futex_mutex.hpp"
#include "lib/threads/reserved_tasks.hpp"

namespace muster::detail {

// What a pool knows of one of its threads. The thread alone writes the atomics, with relaxed
// stores: they are for snapshots, which may mix two moments. `busy` is more than that: see
// ThreadPool::grow().
struct alignas(64) WorkerSlot {
  explicit WorkerSlot(std::size_t i) : index(i) {}

  const std::size_t index;

  std::atomic<bool> busy{false};   // a task's code runs
  std::atomic<bool> ready{false};  // the initializer has returned
  std::atomic<bool> gone{false};
  std::atomic<std::uint64_t> finished{0};
  std::atomic<std::uint64_t> failed{0};
  // Of the running task: its callable, and when it began, in ticks; of tasks that are tiny, when
  // one of the last few did.
  std::atomic<const std::type_info*> callable{nullptr};
  std::atomic<std::uint64_t> began{0};
  // What this_task::set_progress said, and during which task, counted from 1.
  std::atomic<std::uint64_t> progress_done{0};
  std::atomic<std::uint64_t> progress_total{0};
  std::atomic<std::uint64_t> progress_task{0};
  // Of a task that was given a name; callable is null meanwhile.
  FutexMutex name_mutex;
  std::string name;  // under name_mutex

  ReservedTasks reserved;

  std::thread thread;  // under the pool's mutex

  std::uint64_t tasks_done() const {
    return finished.load(std::memory_order_relaxed) + failed.load(std::memory_order_relaxed);
  }

  WorkerStats snapshot();
};

}  // namespace muster::detail
