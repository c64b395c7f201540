#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <thread>

#include "support/thread_state.hpp"

namespace steps {

// A thread of the client that waits for one future and for nothing else.
class Sleeper {
 public:
  explicit Sleeper(std::function<void()> wait) {
    std::promise<void> promise;
    woken_ = promise.get_future();
    thread_ = std::thread([this, wait = std::move(wait), promise = std::move(promise)]() mutable {
      id_.store(test_support::current_thread_id());
      id_.notify_one();
      wait();
      promise.set_value();
    });
    id_.wait(0);
  }
  // REQUIRES: woke_within() answered true.
  ~Sleeper() { thread_.join(); }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  void wait_until_asleep() const { test_support::wait_until_asleep(id_.load()); }
  bool woke_within(std::chrono::seconds limit) const {
    return woken_.wait_for(limit) == std::future_status::ready;
  }

 private:
  std::atomic<pid_t> id_{0};
  std::future<void> woken_;
  std::thread thread_;
};

}  // namespace steps
