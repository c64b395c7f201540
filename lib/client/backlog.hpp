#pragma once

// Tasks for which there was no slot: a list in the client's own memory, first in, first out.
// Nothing is allocated for it but a block from the states' allocator. Under the pool's lock.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include <muster/detail/state.hpp>
#include <muster/detail/state_allocator.hpp>

#include "lib/client/in_flight.hpp"
#include "lib/segments/layout.hpp"

namespace muster::detail {

struct Behind {
  TaskPart part;
  StateBase* state;           // null once it was cancelled
  Extras* extras;             // owned
  std::byte* heap_arguments;  // owned, of part.where.size bytes; null: inline or in the arena
  Behind* next;
  std::uint64_t id;
  std::uint64_t mark;  // TraceMark; 0: it was not chosen to be timed
  bool notify;
};
static_assert(sizeof(Behind) <= 128);

class Backlog {
 public:
  Backlog() = default;
  Backlog(const Backlog&) = delete;
  Backlog& operator=(const Backlog&) = delete;

  bool empty() const { return first_ == nullptr; }
  std::uint64_t size() const { return size_; }

  Behind* push(const TaskPart& part, StateBase* state, Extras* extras, std::byte* heap_arguments,
               std::uint64_t id, std::uint64_t mark) {
    auto* place = static_cast<Behind*>(allocate_block(sizeof(Behind)));
    auto* node = ::new (place) Behind{.part = {},
                                      .state = state,
                                      .extras = extras,
                                      .heap_arguments = heap_arguments,
                                      .next = nullptr,
                                      .id = id,
                                      .mark = mark,
                                      .notify = false};
    copy_part(node->part, part);
    (last_ == nullptr ? first_ : last_->next) = node;
    last_ = node;
    ++size_;
    return node;
  }

  Behind* front() const { return first_; }

  // Frees the node alone: what it owns is the caller's by now.
  void pop() {
    Behind* node = first_;
    first_ = node->next;
    if (first_ == nullptr) last_ = nullptr;
    --size_;
    free_block(node, sizeof(Behind));
  }

  static void copy_part(TaskPart& to, const TaskPart& from);

 private:
  Behind* first_ = nullptr;
  Behind* last_ = nullptr;
  std::uint64_t size_ = 0;
};

// Field by field: its atomic member cannot be copied as a whole. Inline arguments by the cache
// line's remaining 48 bytes, whatever their number: one copy without a branch.
inline void Backlog::copy_part(TaskPart& to, const TaskPart& from) {
  to.function = from.function;
  to.inline_bytes = from.inline_bytes;
  to.flags = from.flags;
  to.name = from.name;
  // Relaxed: the slot's publication orders it.
  to.stop.store(from.stop.load(std::memory_order_relaxed), std::memory_order_relaxed);
  std::memcpy(to.bytes, from.bytes, sizeof(to.bytes));
}

}  // namespace muster::detail
