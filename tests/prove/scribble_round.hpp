#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "prove/pool_memory.hpp"
#include "prove/verdict.hpp"
#include "prove/watch.hpp"

namespace prove {

// How tasks ended while memory was written over: anything but not at all. By the name of the error.
class Endings {
 public:
  void add(const std::string& how, std::uint64_t count = 1) {
    const std::lock_guard lock(mutex_);
    counts_[how] += count;
  }
  std::map<std::string, std::uint64_t> counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> counts_;
};

struct ScribbleStage {
  std::atomic<const PoolMemory*> memory{nullptr};
  std::atomic<std::uint64_t> round{0};
  std::atomic<std::uint64_t> tasks{0};
  std::atomic<std::uint64_t> pools_broken{0};
  Endings endings;
};

// One pool, from its start until it breaks, or enough was written over in it. `only`: a kind of
// scribble, or kScribbles.
void run_scribble_round(std::uint64_t seed, std::uint64_t number, std::uint32_t only,
                        Verdict& verdict, Watch& watch, ScribbleStage& stage);

}  // namespace prove
