#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include <muster/detail/state.hpp>

#include "lib/common/futex_mutex.hpp"

namespace muster::detail {

template <class T>
class UnusedObjects;

// The thread of a pool on which callbacks run and coroutines are resumed, in the order in which
// their futures ended. It is started when the first of them is added.
//
// A thread that has just ended a future may still hand it over while the pool is being destroyed.
// So a runner is never freed: CallbackRunner::take() finds one that no pool uses, stop() gives it
// back, and what is handed to a stopped one runs on the thread that hands it over.
//
// Thread safety: every member, from any thread, but take() and stop() once each a pool.
class CallbackRunner {
 public:
  // `name`: of the thread, at most 15 characters count.
  static CallbackRunner& take(std::string name);

  // Before a callback is added. Throws Error if the thread cannot be started.
  void ensure_thread();

  // Puts a state that is done and has callbacks into the queue, with one handle that the queue
  // owns from now on. Called under the state's hook lock; the caller calls wake() after it.
  void enqueue(StateBase& state) noexcept;
  void wake() noexcept;

  // Returns when every callback that was enqueued has run; called by one of them, at once: the
  // rest run after it. The runner is no longer the caller's.
  void stop() noexcept;

  // Whether the calling thread is this runner's.
  bool is_current_thread() const noexcept;
  // Whether the calling thread is any runner's.
  static bool in_callback() noexcept;

 private:
  friend class UnusedObjects<CallbackRunner>;

  CallbackRunner() = default;

  enum class Mode : std::uint8_t {
    unused,
    open,
    stopping,         // somebody joins the thread
    stopping_itself,  // by a callback: the thread puts the runner into the list
  };

  StateBase* pop() noexcept;
  void run_in_place() noexcept;
  void thread_main() noexcept;

  FutexMutex mutex_;
  // Changed to wake the thread, which sleeps on it.
  std::atomic<std::uint32_t> signal_{0};
  // The rest but next_unused_ is under mutex_.
  Mode mode_ = Mode::unused;
  bool has_thread_ = false;
  bool sleeping_ = false;
  StateBase* first_ = nullptr;
  StateBase* last_ = nullptr;
  std::string name_;
  std::thread thread_;
  CallbackRunner* next_unused_ = nullptr;
};

}  // namespace muster::detail
