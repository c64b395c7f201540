#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "prove/pool_memory.hpp"

namespace prove {

// What a worker is doing at an instant.
enum class Doing : std::uint8_t {
  starting,    // not ready for a first task
  idle,        // asleep in the kernel
  parking,     // its word says that it sleeps, and it does not yet, or no more
  claiming,    // has taken hints whose tasks are pending still
  claimed,     // a slot's word says that it runs the task, and the task's body has not begun
  running,     // in the body, or between two items of a chunk
  publishing,  // the body has ended, and the slot's word does not say so yet
  sweeping,    // looks through all slots
  between,     // none of these: spins, tells of an end, takes nothing, ...
};
inline constexpr std::size_t kDoings = 9;
inline constexpr std::array<const char*, kDoings> kDoingNames{
    "starting or ending", "idle",     "parking", "claiming", "claimed, not begun", "running",
    "publishing",         "sweeping", "between"};

// Looks at workers that are stopped, so that what it finds is so and stays so.
class WorkerStates {
 public:
  // `above`: an address in the stack frame in which the pool was made. The workers are forks of
  // forks of that thread: the frames of theirs lie below.
  WorkerStates(const PoolMemory& memory, const void* above);

  // REQUIRES: the process is stopped, and is this worker's.
  Doing look(std::uint32_t worker, pid_t pid);
  // Where in its own memory the worker writes right before it begins to do this; nothing where that
  // is not known.
  std::optional<std::uintptr_t> written_before(Doing doing, std::uint32_t worker, pid_t pid);

 private:
  Doing doing_with(std::uint32_t slot, std::uint32_t worker, pid_t pid) const;
  bool claims(std::uint32_t worker) const;
  bool sweeps(std::uint32_t worker, pid_t pid);
  class QueueCopy;
  std::optional<QueueCopy> find_queue(std::uint32_t worker, pid_t pid);
  std::optional<QueueCopy> queue_at(std::uintptr_t address, std::uint32_t worker, pid_t pid) const;

  const PoolMemory& memory_;
  const std::uintptr_t above_;
  std::vector<std::uintptr_t> queues_at_;  // where a worker's queue was found before
};

}  // namespace prove
