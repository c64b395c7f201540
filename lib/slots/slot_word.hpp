#pragma once

#include <cstdint>

namespace muster::detail {

// What a task slot is at this instant, and whose.
//
//   free ----> pending ----> running(w) ----> done | failed          by the worker
//    ^            |              |--------> died                     by the supervisor, w is dead
//    |            v              v
//    +---------- free        killing(w) ----> killed                 by the supervisor, w is dead
//        (cancel)
//
// and from every state on the right back to free, by the client alone.
enum class SlotStatus : std::uint8_t {
  free = 0,
  pending = 1,  // a task waits for whoever takes it
  running = 2,  // the owner runs it
  done = 3,     // the slot's result part tells of its value
  failed = 4,   // the slot's result part tells of its exception
  killing = 5,  // the owner is to be killed for it; it must not begin anything else
  killed = 6,   // the owner was killed for it, and is gone
  died = 7,     // the owner died of something else while it ran it
};

constexpr bool is_terminal(SlotStatus s) {
  return s == SlotStatus::done || s == SlotStatus::failed || s == SlotStatus::killed ||
         s == SlotStatus::died;
}

inline constexpr std::uint32_t kMaxOwners = 1u << 12;

// Names one attempt at one task: {id:44, attempt:4}. A compare-and-swap that names it cannot hit
// another task in the same slot.
class TaskTag {
 public:
  static constexpr unsigned kBits = 48;
  static constexpr unsigned kAttemptBits = 4;
  static constexpr std::uint64_t kMask = (std::uint64_t{1} << kBits) - 1;

  constexpr TaskTag() = default;
  constexpr explicit TaskTag(std::uint64_t bits) : bits_(bits & kMask) {}
  static constexpr TaskTag first_attempt(std::uint64_t id) { return TaskTag(id << kAttemptBits); }

  constexpr std::uint64_t bits() const { return bits_; }
  constexpr std::uint64_t id() const { return bits_ >> kAttemptBits; }
  // From 0 on.
  constexpr unsigned attempt() const {
    return static_cast<unsigned>(bits_ & ((1U << kAttemptBits) - 1));
  }
  // The attempt wraps after 16. A worker that was stopped meanwhile may hold a hint of the one that
  // this repeats: it is a hint of the same task, and whoever claims by it claims what waits.
  constexpr TaskTag next_attempt() const {
    constexpr std::uint64_t kAttemptMask = (std::uint64_t{1} << kAttemptBits) - 1;
    return TaskTag((bits_ & ~kAttemptMask) | ((bits_ + 1) & kAttemptMask));
  }

  friend constexpr bool operator==(TaskTag, TaskTag) = default;

 private:
  std::uint64_t bits_ = 0;
};

// The one word of truth of a slot: {tag:48, owner:12, status:4}.
class SlotWord {
 public:
  constexpr SlotWord() = default;
  constexpr explicit SlotWord(std::uint64_t bits) : bits_(bits) {}
  constexpr SlotWord(SlotStatus status, std::uint32_t owner, TaskTag tag)
      : bits_(static_cast<std::uint64_t>(status) |
              (static_cast<std::uint64_t>(owner & (kMaxOwners - 1)) << 4) | (tag.bits() << 16)) {}

  constexpr std::uint64_t bits() const { return bits_; }
  constexpr SlotStatus status() const { return static_cast<SlotStatus>(bits_ & 0xf); }
  // Meaningful from running on.
  constexpr std::uint32_t owner() const {
    return static_cast<std::uint32_t>(bits_ >> 4) & (kMaxOwners - 1);
  }
  constexpr TaskTag tag() const { return TaskTag(bits_ >> 16); }

  friend constexpr bool operator==(SlotWord, SlotWord) = default;

 private:
  std::uint64_t bits_ = 0;
};

}  // namespace muster::detail
