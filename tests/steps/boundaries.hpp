#pragma once

// Where a worker was looked at, counted so that nothing counts twice.
//
// A worker that waits in a loop comes to the same instructions again and again; nothing that it
// does there can be seen from outside, so a death in the second round leaves what a death in the
// first one left. Two boundaries are different if they lie before different instructions, or if the
// pool's memory says something else. Of one loop it is known from the beginning: the vDSO reads the
// clock again whenever the kernel's tick has come in the midst of that, and where each instruction
// is followed by a check a tick may always come.

#include <cstdint>
#include <unordered_map>
#include <unordered_set>

#include "steps/instant.hpp"

namespace steps {

class Boundaries {
 public:
  // The worker has been before this instruction since it began to read the clock.
  bool in_clock_loop(std::uintptr_t address) {
    if (!is_in_vdso(address)) {
      in_clock_.clear();
      return false;
    }
    return !in_clock_.insert(address).second;
  }

  // Before the instruction at this address, with memory of which this is a hash.
  void add(std::uintptr_t address, std::uint64_t memory) {
    // Mixed, because addresses lie close to each other.
    different_.insert(memory ^ (address * 0x9e37'79b9'7f4a'7c15));
    memories_.insert(memory);
    const std::uint64_t times = ++visits_[address];
    if (times <= most_) return;
    most_ = times;
    most_at_ = address;
  }

  std::uint64_t different() const { return different_.size(); }
  std::uint64_t memories() const { return memories_.size(); }
  std::uint64_t instructions() const { return visits_.size(); }
  // The instruction at which the worker was found most often, and how often.
  std::uintptr_t most_at() const { return most_at_; }
  std::uint64_t most() const { return most_; }
  void add_instructions_to(std::unordered_set<std::uintptr_t>& all) const {
    for (const auto& [address, times] : visits_) all.insert(address);
  }

 private:
  std::unordered_set<std::uintptr_t> in_clock_;
  std::unordered_set<std::uint64_t> different_;
  std::unordered_set<std::uint64_t> memories_;
  std::unordered_map<std::uintptr_t, std::uint64_t> visits_;
  std::uint64_t most_ = 0;
  std::uintptr_t most_at_ = 0;
};

}  // namespace steps
