#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <muster/detail/deadline.hpp>
#include <muster/detail/shared_block.hpp>
#include <muster/options.hpp>

namespace muster::detail {

class CallbackRunner;
class StateBase;

// Where an unfinished state's result will come from: the pool behind a future. What is written
// here is right for a pool whose threads complete the states themselves; a process pool, whose
// states are completed when somebody looks for the result, overrides it.
//
// Lifetime: a state may still call its source when another thread has just completed it and the
// pool is being destroyed. So sources are never freed: a pool takes one from a free list and gives
// it back (see SourceList), and each member first finds out whether `state` is still unfinished
// and its own.
//
// Thread safety: every member may be called at any time by any thread.
class TaskSource {
 public:
  TaskSource() = default;
  TaskSource(const TaskSource&) = delete;
  TaskSource& operator=(const TaskSource&) = delete;

  // True if this call or an earlier one cancelled it. The winner completes the state as cancelled
  // before it returns.
  virtual bool cancel(StateBase& state, CancelMode mode);
  virtual bool running(const StateBase& state);
  // Returns when the state is done or the deadline has passed.
  virtual void wait(StateBase& state, Deadline until);
  // Completes the state now if its result is there already.
  virtual void poll(StateBase& state);
  // Somebody attached a hook: from now on the state must be completed without being asked.
  virtual void observe(StateBase& state);
  // The last handle went: returns what state.mark_abandoned() says. The state is freed by the
  // caller and not here, where a lock may be held that freeing it takes.
  [[nodiscard]] virtual bool abandon(StateBase& state);
  virtual void request_stop(StateBase& state);
  // The bytes that complete_raw() kept are no longer needed.
  virtual void release_raw(StateBase& state, const std::byte* data, std::size_t size) noexcept;
  // A block of shared memory that came with those bytes. Throws EncodingError where none did.
  virtual std::shared_ptr<SharedBlock> receive_block(StateBase& state,
                                                     const BlockReference& reference,
                                                     SharedBlock::Access access);
  // For messages; "" where it is not known any more.
  virtual std::string task_name(const StateBase& state);
  // Who runs the callbacks; null: whoever completes the state.
  virtual CallbackRunner* callback_runner() noexcept;

 protected:
  ~TaskSource() = default;
};

}  // namespace muster::detail
