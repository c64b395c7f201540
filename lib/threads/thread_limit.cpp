#include "lib/threads/thread_limit.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include <muster/error.hpp>

namespace muster::detail {
namespace {

// As many as any machine of today runs without being asked what its limits are.
constexpr std::size_t kUnquestioned = 512;

std::size_t read_number(const char* path) {
  std::size_t number = 0;
  std::ifstream file(path);
  return file >> number ? number : std::numeric_limits<std::size_t>::max();
}

std::size_t most_threads() {
  std::size_t most = std::min(read_number("/proc/sys/kernel/threads-max"),
                              read_number("/proc/sys/kernel/pid_max"));
  rlimit limit{};
  if (::getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    most = std::min<std::size_t>(most, limit.rlim_cur);
  return most;
}

}  // namespace

void check_thread_count(std::size_t threads) {
  if (threads <= kUnquestioned) return;
  const std::size_t most = most_threads();
  if (threads > most)
    throw InvalidArgumentError("max_workers is " + std::to_string(threads) +
                               ", and this system allows " + std::to_string(most) +
                               " threads: use fewer, or 0 for one per usable CPU");
}

}  // namespace muster::detail
