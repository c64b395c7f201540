#include "worker/limits/resident_limit.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <muster/error.hpp>

#include "lib/common/resident_memory.hpp"

namespace muster::detail {

void ResidentLimit::set(std::size_t bytes) {
  if (bytes == 0) return;
  statm_ = FileDescriptor(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  const ResidentMemory now = resident_memory_in(statm_.get());
  if (now.now == 0) {
    throw Error("limits.resident_bytes: a worker cannot read /proc/self/statm");
  }
  own_at_first_ = now.own;
  all_at_first_ = now.now;
  bytes_ = bytes;
}

bool ResidentLimit::look() const {
  // What it never had in all it does not have of its own.
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0 &&
      static_cast<std::uint64_t>(usage.ru_maxrss) * 1024 <= all_at_first_ + bytes_) {
    return false;
  }
  return resident_memory_in(statm_.get()).own > own_at_first_ + bytes_;
}

}  // namespace muster::detail
