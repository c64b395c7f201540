#pragma once

// Takes over Muster's log for the length of a scope.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <muster/log.hpp>

namespace test_support {

class CapturedLog {
 public:
  CapturedLog() {
    muster::set_log_handler([state = state_](muster::LogLevel, std::string_view message) {
      const std::lock_guard lock(state->mutex);
      state->messages.emplace_back(message);
      state->changed.notify_all();
    });
  }
  ~CapturedLog() { muster::set_log_handler({}); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  std::vector<std::string> messages() const {
    const std::lock_guard lock(state_->mutex);
    return state_->messages;
  }

  // How many messages hold this text.
  std::size_t count(std::string_view text) const {
    const std::lock_guard lock(state_->mutex);
    return state_->count(text);
  }

  // Waits until a message holds this text.
  void wait_for(std::string_view text) const {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [&] { return state_->count(text) != 0; });
  }

 private:
  struct State {
    std::size_t count(std::string_view text) const {
      std::size_t n = 0;
      for (const std::string& message : messages) {
        n += message.find(text) != std::string::npos ? 1 : 0;
      }
      return n;
    }
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> messages;
  };
  // Shared with the handler, which may be called once more while it is being replaced.
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace test_support
