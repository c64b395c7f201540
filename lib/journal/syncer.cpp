#include "lib/journal/syncer.hpp"

#include <pthread.h>

#include <system_error>

#include "lib/common/signals.hpp"

namespace muster::detail {

void Syncer::note(std::uint64_t bytes) noexcept {
  std::lock_guard lock(mutex_);
  if (leave_) return;
  const std::uint64_t before = bytes_;
  bytes_ += bytes;
  if (!thread_.joinable()) {
    try {
      const SignalsBlocked blocked;
      thread_ = std::thread(&Syncer::run, this);
    } catch (const std::system_error&) {
      bytes_ = 0;  // tried again with what is written next
      return;
    }
  }
  // It sleeps without an end while there is nothing, and kDelay at the most then.
  if (before == 0 || (before < kBytes && bytes_ >= kBytes)) changed_.notify_one();
}

void Syncer::stop() noexcept {
  {
    std::lock_guard lock(mutex_);
    leave_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Syncer::run() noexcept {
  ::pthread_setname_np(::pthread_self(), "muster-journal");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return leave_ || bytes_ != 0; });
    changed_.wait_for(lock, kDelay, [this] { return leave_ || bytes_ >= kBytes; });
    if (leave_) return;
    bytes_ = 0;
    lock.unlock();
    sync_();
    lock.lock();
  }
}

}  // namespace muster::detail
