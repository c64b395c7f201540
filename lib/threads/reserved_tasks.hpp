#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <span>

namespace muster::detail {

class StateBase;

// Tasks that a worker took from the queue at once and has not begun, in the order of the queue.
// They are its own no more than those in the queue: whoever takes one out first has it.
//
// The worker alone reserves, and only when nothing is left; anybody steals. A cell goes from null
// to a task by its worker and back by one exchange, so each task is handed out once.
class ReservedTasks {
 public:
  static constexpr std::size_t kMost = 16;

  // REQUIRES: take() has just answered false, and no more than kMost tasks.
  void reserve(std::span<StateBase* const> tasks) noexcept {
    next_ = 0;
    end_ = tasks.size();
    // Release: pairs with the acquire in steal().
    for (std::size_t i = 0; i < tasks.size(); ++i)
      cells_[i].store(tasks[i], std::memory_order_release);
  }
  // For the worker.
  bool take(StateBase*& task) noexcept {
    while (next_ != end_) {
      // Relaxed: it wrote them itself.
      task = cells_[next_++].exchange(nullptr, std::memory_order_relaxed);
      if (task != nullptr) return true;
    }
    return false;
  }
  // For everybody else.
  bool steal(StateBase*& task) noexcept {
    for (auto& cell : cells_) {
      if (cell.load(std::memory_order_relaxed) == nullptr) continue;
      task = cell.exchange(nullptr, std::memory_order_acquire);
      if (task != nullptr) return true;
    }
    return false;
  }
  // A guess while others take.
  std::size_t approximate_size() const noexcept {
    std::size_t size = 0;
    for (const auto& cell : cells_) size += cell.load(std::memory_order_relaxed) != nullptr ? 1 : 0;
    return size;
  }

  ReservedTasks* next_of_queue = nullptr;  // PoolQueue's

 private:
  alignas(64) std::array<std::atomic<StateBase*>, kMost> cells_{};
  // The worker's: the cells from here on may hold something.
  std::size_t next_ = 0;
  std::size_t end_ = 0;
};

}  // namespace muster::detail
