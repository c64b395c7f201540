#pragma once

#include <coroutine>
#include <utility>

namespace scaling {

// What a thread of the simulated job does, as a coroutine: it waits where a real one computes or
// sleeps. It begins with start(), and is destroyed wherever it waits.
class Activity {
 public:
  struct promise_type {
    Activity get_return_object() {
      return Activity(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { throw; }
  };

  Activity() = default;
  Activity(Activity&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Activity& operator=(Activity&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Activity() {
    if (handle_) handle_.destroy();
  }

  void start() { handle_.resume(); }

 private:
  explicit Activity(std::coroutine_handle<promise_type> handle) : handle_(handle) {}

  std::coroutine_handle<promise_type> handle_;
};

}  // namespace scaling
