#pragma once

// Where a worker's results lie: short ones in the slot's result part, longer ones in the worker's
// own arena, which it alone writes. The client hands blocks back through a ring of its own
// (Returns), which the worker empties before it allocates. Where the client found a block another
// worker may have written: only one that this worker has handed over is taken back, and once. Which
// those are, and how much of the ring was read, lies in memory of its own.
//
// If the worker dies here: its result part is not read before its slot word says done or failed,
// which it does not. What it finished before may be held by the client still, so its successor's
// arena begins behind it, at a floor; the client says when nothing below is held any more, and then
// an arena without a block in it is moved to the window's beginning.
//
// A worker that ends in order writes a list of the blocks that the client has yet to hand back, and
// then `arena_left`, which says where: its successor goes on in the same arena. If it dies before
// that word, or its successor once it has cleared it, the next arena begins behind, as ever.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <boost/unordered/unordered_flat_set.hpp>

#include <muster/encoder.hpp>

#include "lib/segments/arena.hpp"
#include "lib/segments/views.hpp"

namespace muster::detail {

// With this status a worker leaves whose arena cannot be used any more.
inline constexpr int kArenaGone = 123;

class ResultMemory {
 public:
  // The window's arena lies at `arena_at` in the file `fd`. `record` is still the predecessor's
  // as far as it tells of its arena.
  ResultMemory(const WindowView& window, const Returns& returns, int fd, std::size_t arena_at);

  // Takes back what the client has returned.
  void collect_returns();

  std::byte* allocate(std::size_t size);  // null: no memory
  void free(std::byte* block);
  // It holds a result: from now on the client frees it. Throws std::bad_alloc, with nothing done.
  void hand_over(const std::byte* block) { handed_over_.insert(offset_of(block)); }
  // Within the window's arena, whatever the floor.
  std::uint64_t offset_of(const std::byte* block) const {
    return static_cast<std::uint64_t>(block - base_);
  }
  void count();
  // Lets a successor go on in this arena. Nothing may be allocated, freed or handed over after it.
  void leave();
  const WorkerRecord& record() const { return record_; }
  // Bytes before the arena, for what predecessors have left.
  std::uint64_t set_aside() const { return ArenaFloor::offset(floor_); }

 private:
  void begin_at(std::uint64_t floor);
  bool go_on(std::uint64_t list);
  std::uint64_t sum_of_list(const std::uint64_t* offsets, std::size_t blocks) const;
  void release_below(std::uint64_t floor);
  void begin_anew();

  std::byte* base_;
  int fd_;
  std::size_t arena_at_;
  std::size_t capacity_;     // of the window's arena
  std::uint64_t floor_ = 0;  // ArenaFloor
  bool alone_ = false;       // nothing below the floor is held any more
  Arena arena_;
  std::size_t given_out_ = 0;                             // blocks of the arena
  boost::unordered_flat_set<std::uint64_t> handed_over_;  // offsets of those that the client frees
  std::uint64_t returned_ = 0;                            // entries read of the client's ring
  const Returns& returns_;
  WorkerRecord& record_;
};

// The region one result is encoded into: the part's inline bytes, then arena blocks. A result that
// fails is encoded anew: reset() first.
class ResultGrowth final : public Growth {
 public:
  // `checksums`: a short result is encoded where nobody else can write, and summed there.
  // `region`: where to say which block is in use now, for chunks; else null.
  ResultGrowth(ResultMemory& memory, ResultPart& part, bool checksums,
               std::atomic<std::uint64_t>* region = nullptr)
      : memory_(memory), part_(part), checksums_(checksums), region_(region) {}

  std::byte* grow(std::byte* old, std::size_t used, std::size_t wanted,
                  std::byte*& new_end) override;
  void expect(std::size_t size) noexcept override { expected_ = size; }

  std::byte* inline_begin() {
    return checksums_ ? private_ : reinterpret_cast<std::byte*>(part_.bytes);
  }
  std::byte* inline_end() { return inline_begin() + kInlineResult; }

  // Fills in the part: `size` bytes were written. With a key, notes their checksum.
  void commit(std::size_t size, std::optional<std::uint64_t> checksum_key);
  // Frees what was taken.
  void reset();
  // Gives away what was taken; null: nothing.
  std::byte* release() { return std::exchange(block_, nullptr); }

 private:
  ResultMemory& memory_;
  ResultPart& part_;
  const bool checksums_;
  std::atomic<std::uint64_t>* region_;
  std::byte* block_ = nullptr;
  std::size_t expected_ = 0;
  std::byte private_[kInlineResult];
};

}  // namespace muster::detail
