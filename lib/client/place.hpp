#pragma once

#include <cstdint>

namespace muster::detail {

struct Behind;

// Where an unfinished task is, in the word that its state keeps for its source: a slot, or a
// node of the backlog.
class Place {
 public:
  static std::uint64_t in_slot(std::uint32_t slot) { return (std::uint64_t{slot} << 1) | 1; }
  static std::uint64_t behind(Behind* node) { return reinterpret_cast<std::uintptr_t>(node); }

  explicit Place(std::uint64_t word) : word_(word) {}
  bool has_slot() const { return (word_ & 1) != 0; }
  std::uint32_t slot() const { return static_cast<std::uint32_t>(word_ >> 1); }
  Behind* node() const { return reinterpret_cast<Behind*>(static_cast<std::uintptr_t>(word_)); }

 private:
  std::uint64_t word_;
};

}  // namespace muster::detail
