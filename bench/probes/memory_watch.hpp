#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <thread>

#include <muster/process_pool.hpp>

namespace bench {

// Looks at a pool's shared memory every few milliseconds, from a thread of its own.
class SharedMemoryWatch {
 public:
  explicit SharedMemoryWatch(const muster::ProcessPoolExecutor& pool);

  // The most that was seen, in bytes.
  std::uint64_t most();

 private:
  void look();

  const muster::ProcessPoolExecutor& pool_;
  std::atomic<std::uint64_t> most_{0};
  std::jthread thread_;
};

// The most shared memory that a pool of `workers` workers may take for tasks with arguments of
// `argument_bytes` each (0: in the slots) and results of a few bytes, in bytes: all of the fixed
// part, and for arguments what its README says of their bound.
std::uint64_t shared_memory_bound(std::size_t workers, std::size_t argument_bytes);

}  // namespace bench
