#pragma once

#include <cstddef>
#include <cstdint>

namespace muster::detail {

inline constexpr std::size_t kInlineResult = 40;

// What the slot's task has left: short results themselves, of longer ones where they lie in the
// arena of the worker that owns the slot.
//
// Written by the owner, between its claim and the swap of the slot's word that ends the task, and
// left alone until the slot is published anew. All workers can write here: a worker gone wild can
// spoil another's result, or what says where it lies, until the client has taken it, as it can
// spoil the slot's word. With checksums the client notices; and whatever place is named, it reads
// within the owner's arena, and the owner takes back only what may be a block of its own.
//
// If the owner dies here: nobody reads the part, since the word does not say that there is a
// result.
struct ResultPart {
  static constexpr std::uint32_t kInArena = 0x7fff'ffff;
  // Beside the size: blocks of shared memory came with it, through the socket for them.
  static constexpr std::uint32_t kCarries = 0x8000'0000;

  struct Where {
    std::uint64_t size;
    std::uint64_t offset;     // into the worker's arena
    std::uint64_t ran_ticks;  // from the task's start to its end
  };

  std::uint32_t inline_size;  // or kInArena; kCarries
  std::uint32_t checksum;
  union {
    unsigned char bytes[kInlineResult];
    Where where;
  };
};
static_assert(sizeof(ResultPart) == 48, "with the words of its slot it fills a cache line");

}  // namespace muster::detail
