#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include <muster/error.hpp>

#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

// By which threads wake another one that may be asleep. That one says that it is about to sleep,
// looks once more for work, and sleeps on fd().
class Bell {
 public:
  Bell() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!fd_) throw Error("cannot make an event: no file descriptors are left");
  }

  void ring() noexcept {
    // seq_cst, as about_to_sleep(): one of the two sees the other.
    rung_.fetch_add(1);
    if (!sleeps_.load() || !sleeps_.exchange(false)) return;
    const std::uint64_t one = 1;
    // A failure means that the counter is full, and so that it rings already.
    [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof(one));
  }

  // False: it was rung since this was asked last.
  bool about_to_sleep() noexcept {
    sleeps_.store(true);
    const std::uint64_t rung = rung_.load();
    if (rung == seen_) return true;
    seen_ = rung;
    sleeps_.store(false);
    return false;
  }
  // It was slept. True if the bell was rung meanwhile.
  bool awake() noexcept {
    sleeps_.store(false);
    std::uint64_t rung = 0;
    return ::read(fd_.get(), &rung, sizeof(rung)) > 0;
  }
  int fd() const { return fd_.get(); }

 private:
  FileDescriptor fd_;
  std::atomic<bool> sleeps_{false};
  std::atomic<std::uint64_t> rung_{0};
  std::uint64_t seen_ = 0;  // by the one that sleeps
};

}  // namespace muster::detail
