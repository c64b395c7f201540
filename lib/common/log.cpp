#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <muster/log.hpp>

#include "lib/common/fork_guard.hpp"
#include "lib/common/futex.hpp"

namespace muster {
namespace {

// A handler that was set, and how many calls of it are under way.
struct Handler {
  explicit Handler(LogHandler f) : function(std::move(f)) {}

  LogHandler function;
  std::atomic<std::uint32_t> calls{0};
};

detail::ForkSafeMutex handler_mutex;
constinit Handler* handler = nullptr;  // under handler_mutex; null: standard error

// The calls that other threads had under way do not end in a child.
const detail::ForkHandler forget_calls([] {
  // Relaxed: the child has one thread.
  if (handler != nullptr) handler->calls.store(0, std::memory_order_relaxed);
});

// One call of the handler that is set now.
class Call {
 public:
  Call() {
    std::lock_guard lock(handler_mutex);
    handler_ = handler;
    if (handler_ != nullptr) handler_->calls.fetch_add(1, std::memory_order_relaxed);
  }
  ~Call() {
    // Release: pairs with the acquire in set_log_handler(), which destroys the handler.
    if (handler_ != nullptr && handler_->calls.fetch_sub(1, std::memory_order_release) == 1)
      detail::futex_wake_all(handler_->calls);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  const Handler* operator->() const { return handler_; }
  explicit operator bool() const { return handler_ != nullptr; }

 private:
  Handler* handler_;
};

const char* word_for(LogLevel level) {
  switch (level) {
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    default: return "error";
  }
}

// One write, so that lines of several threads and processes do not mix.
void write_to_stderr(LogLevel level, std::string_view message) {
  std::string line = "muster: ";
  line += word_for(level);
  line += ": ";
  line += message;
  line += '\n';
  const char* at = line.data();
  std::size_t left = line.size();
  while (left > 0) {
    const ssize_t written = ::write(STDERR_FILENO, at, left);
    if (written <= 0) return;
    at += written;
    left -= static_cast<std::size_t>(written);
  }
}

}  // namespace

void set_log_handler(LogHandler new_handler) {
  std::unique_ptr<Handler> old(new_handler ? new Handler(std::move(new_handler)) : nullptr);
  {
    std::lock_guard lock(handler_mutex);
    Handler* next = old.release();
    old.reset(std::exchange(handler, next));
  }
  if (old == nullptr) return;
  while (const std::uint32_t calls = old->calls.load(std::memory_order_acquire))
    detail::futex_wait(old->calls, calls);
}

void detail::log(LogLevel level, std::string_view message) noexcept {
  try {
    const Call call;
    if (call)
      call->function(level, message);
    else
      write_to_stderr(level, message);
  } catch (...) {  // NOLINT(bugprone-empty-catch): as the header says, there is nowhere left
  }
}

}  // namespace muster
