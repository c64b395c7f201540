#include "lib/mpi/reply.hpp"

namespace muster::detail {

std::optional<std::vector<std::byte>> Reply::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return done_; });
  if (lost_) return std::nullopt;
  return bytes_;
}

void Reply::give(std::span<const std::byte> bytes) {
  const std::lock_guard lock(mutex_);
  bytes_.assign(bytes.begin(), bytes.end());
  done_ = true;
  changed_.notify_all();
}

void Reply::give_up() {
  const std::lock_guard lock(mutex_);
  lost_ = done_ = true;
  changed_.notify_all();
}

}  // namespace muster::detail
