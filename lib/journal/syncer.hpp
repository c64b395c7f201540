#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace muster::detail {

// Syncs a file some time after it was written to, on a thread of its own, so that who writes does
// not wait for the disk. Thread safety: any, but for stop().
class Syncer {
 public:
  // Syncs once so many bytes were written, or so long after the first of them.
  static constexpr std::uint64_t kBytes = std::uint64_t{1} << 20;
  static constexpr std::chrono::milliseconds kDelay{200};

  // `sync` is called on the thread, without a lock.
  explicit Syncer(std::function<void()> sync) : sync_(std::move(sync)) {}
  // Not in a forked child, unless stop() was called before the fork.
  ~Syncer() { stop(); }
  Syncer(const Syncer&) = delete;
  Syncer& operator=(const Syncer&) = delete;

  // Something was written. Where no thread can be started it is synced when its owner does so, at
  // the end.
  void note(std::uint64_t bytes) noexcept;
  // No sync runs or will begin after this.
  void stop() noexcept;

 private:
  void run() noexcept;

  const std::function<void()> sync_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t bytes_ = 0;  // written since the last sync began
  bool leave_ = false;
  std::thread thread_;
};

}  // namespace muster::detail
