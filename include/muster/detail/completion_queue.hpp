#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <muster/detail/deadline.hpp>
#include <muster/detail/state.hpp>

namespace muster::detail {

// Tells one thread which of a number of states end, in the order in which they do: what wait(),
// as_completed() and map_unordered() stand on. Each state has a number, from 0, that the caller
// gives it.
//
// The caller keeps a handle on each watched state until it was returned by next() or
// stop_watching() was called. Thread safety: none but against the states' ending.
class CompletionQueue {
 public:
  CompletionQueue() = default;
  CompletionQueue(const CompletionQueue&) = delete;
  CompletionQueue& operator=(const CompletionQueue&) = delete;
  ~CompletionQueue() { stop_watching(); }

  // Begins to watch a state; one that is done already comes out at once, after those that were
  // done before it.
  void watch(StateBase& state, std::size_t number);

  // Waits for the next one that has ended, and forgets it. False: none did before the deadline.
  // REQUIRES: watched() is not 0.
  bool next(Deadline until, std::size_t& number);

  std::size_t watched() const noexcept { return watched_; }
  void stop_watching() noexcept;

 private:
  class Hook;

  Hook* take_ended();
  void forget(Hook* hook) noexcept;

  // Those under watch, so that they can be taken off.
  Hook* hooks_ = nullptr;
  std::size_t watched_ = 0;
  // Hooks that were fired, newest first, put there by whoever ends a state.
  std::atomic<Hook*> ended_{nullptr};
  // The same in the order of their ends, once this thread has fetched them.
  Hook* in_order_ = nullptr;
  // 1 while this thread sleeps on it, until somebody who puts a hook into ended_ makes it 0.
  std::atomic<std::uint32_t> sleeping_{0};
};

}  // namespace muster::detail
