#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <muster/detail/state.hpp>
#include <muster/detail/task_type.hpp>
#include <muster/error.hpp>

#include "lib/mpi/kept_memory.hpp"
#include "lib/mpi/wire.hpp"

namespace muster::detail {

// Options of a task that has any, or items.
struct TaskNotes {
  std::uint32_t items = 0;
  std::uint32_t retries = 0;
  std::int64_t timeout_ns = 0;
  std::string name;
};

enum class TaskPlace : std::uint8_t { none, queued, sent, receiving };

// A task that is unfinished, as rank 0 knows it.
struct ClusterTask {
  static constexpr std::size_t kInline = 48;
  // Arguments of at most so many bytes are kept while a rank has the task, which can so be
  // recalled.
  static constexpr std::size_t kKept = 4096;

  StateBase* state = nullptr;  // null: it has ended, or was cancelled in the queue
  const TaskType* type = nullptr;
  TypeCode code = 0;
  std::uint32_t generation = 0;
  std::uint32_t peer = 0;     // where it was sent, an index
  std::uint32_t returns = 0;  // times that it came back from a rank, not begun
  TaskPlace place = TaskPlace::none;
  std::size_t size = 0;       // of callable and arguments
  std::byte* heap = nullptr;  // where they are, if they are longer than `bytes`
  std::unique_ptr<TaskNotes> notes;
  std::byte bytes[kInline];

  const std::byte* data() const { return heap != nullptr ? heap : bytes; }
  void drop_bytes() {
    give_memory(heap);
    heap = nullptr;
  }
};

// All unfinished tasks, each under a number that is given to no other one: {generation:32,
// index:32}. Thread safety: none.
class TaskTable {
 public:
  ~TaskTable() {
    for (const auto& block : blocks_) {
      for (std::size_t i = 0; i < kBlock; ++i) block[i].drop_bytes();
    }
  }

  // Throws Error where there are as many as can be.
  std::uint32_t take() {
    if (free_.empty()) grow();
    const std::uint32_t index = free_.back();
    free_.pop_back();
    return index;
  }
  void give_back(std::uint32_t index) {
    ClusterTask& task = at(index);
    task.drop_bytes();
    task.state = nullptr;
    task.notes.reset();
    task.place = TaskPlace::none;
    task.returns = 0;
    ++task.generation;
    free_.push_back(index);
  }

  ClusterTask& at(std::uint32_t index) { return blocks_[index / kBlock][index % kBlock]; }
  std::uint64_t number(std::uint32_t index) {
    return std::uint64_t{at(index).generation} << 32 | index;
  }
  // Null where it has ended.
  ClusterTask* find(std::uint64_t number) {
    const auto index = static_cast<std::uint32_t>(number);
    if (index / kBlock >= blocks_.size()) return nullptr;
    ClusterTask& task = at(index);
    return task.generation == number >> 32 && task.place != TaskPlace::none ? &task : nullptr;
  }
  template <class F>
  void for_each(F&& f) {
    for (std::size_t i = 0; i < blocks_.size() * kBlock; ++i) {
      const auto index = static_cast<std::uint32_t>(i);
      if (at(index).place != TaskPlace::none) f(index, at(index));
    }
  }

 private:
  static constexpr std::size_t kBlock = 4096;
  static constexpr std::size_t kMostBlocks = 16384;

  void grow() {
    if (blocks_.size() == kMostBlocks) {
      throw Error("a pool has at most " + std::to_string(kMostBlocks * kBlock) +
                  " unfinished tasks; set max_pending");
    }
    auto block = std::make_unique<ClusterTask[]>(kBlock);
    free_.reserve((blocks_.size() + 1) * kBlock);  // nothing may fail when a task ends
    blocks_.push_back(std::move(block));
    const auto first = static_cast<std::uint32_t>((blocks_.size() - 1) * kBlock);
    for (std::size_t i = kBlock; i-- > 0;) free_.push_back(first + static_cast<std::uint32_t>(i));
  }

  std::vector<std::unique_ptr<ClusterTask[]>> blocks_;
  std::vector<std::uint32_t> free_;
};

}  // namespace muster::detail
