#include <muster/log.hpp>

#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "lib/common/fork_guard.hpp"

namespace muster {
namespace {

// Held shared while the handler runs, so that set_log_handler() returns only when the old one
// does not.
struct Log {
  std::shared_mutex mutex;
  LogHandler handler;
};

Log* make_log() { return new Log; }

// Never destroyed: static objects may have something to say to the last. Replaced in a forked
// child, where whoever held the lock is not: there the default handler writes.
std::atomic<Log*>& current_log() {
  static std::atomic<Log*> log{make_log()};
  return log;
}

const detail::ForkHandler new_log_in_child([] {
  // Relaxed: the child has one thread.
  current_log().store(make_log(), std::memory_order_relaxed);
});

const char* word_for(LogLevel level) {
  switch (level) {
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    default:
      return "error";
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

void set_log_handler(LogHandler handler) {
  Log& log = *current_log().load(std::memory_order_acquire);
  std::unique_lock lock(log.mutex);
  log.handler.swap(handler);
}

void detail::log(LogLevel level, std::string_view message) noexcept {
  try {
    Log& log = *current_log().load(std::memory_order_acquire);
    std::shared_lock lock(log.mutex);
    if (log.handler)
      log.handler(level, message);
    else
      write_to_stderr(level, message);
  } catch (...) {  // NOLINT(bugprone-empty-catch): as the header says, there is nowhere left
  }
}

}  // namespace muster
