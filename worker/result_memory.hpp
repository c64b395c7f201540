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

#include "lib/common/copy_bytes.hpp"
#include "lib/common/deadline.hpp"
#include "lib/segments/arena.hpp"
#include "lib/segments/views.hpp"

namespace muster::detail {

// With this status a worker leaves whose arena cannot be used any more.
inline constexpr int kArenaGone = 123;

class ResultMemory {
 public:
  // The window's arena lies at `arena_at` in the file `fd`. `record` is still the predecessor's
  // as far as it tells of its arena. `kept`: bytes of free memory that keep their pages.
  ResultMemory(const WindowView& window, const Returns& returns, int fd, std::size_t arena_at,
               std::size_t kept = Arena::kKept);

  // Takes back what the client has returned.
  void collect_returns();
  // The same, when there is nothing to do: what was not used for about a second goes back to the
  // system.
  void be_idle();
  // When that is to be called again.
  Deadline idle_until() const { return look_at_; }

  std::byte* allocate(std::size_t size);  // null: no memory
  void free(std::byte* block);
  // As std::memcpy into a block that was just allocated.
  void write(std::byte* place, const void* data, std::size_t size) const noexcept {
    last_is_first_use_ ? arena_.write(place, data, size) : copy_bytes(place, data, size);
  }
  // It holds a result: from now on the client frees it. Throws std::bad_alloc, with nothing done.
  void hand_over(const std::byte* block) { handed_over_.insert(offset_of(block)); }
  // Within the window's arena, whatever the floor.
  std::uint64_t offset_of(const std::byte* block) const {
    return static_cast<std::uint64_t>(block - base_);
  }
  void count();
  // Lets a successor go on in this arena. Nothing may be allocated, freed or handed over after it.
  void leave();
  // There is no successor: gives back all but what the client holds. Likewise.
  void end();
  const WorkerRecord& record() const { return record_; }
  // Bytes before the arena, for what predecessors have left.
  std::uint64_t set_aside() const { return ArenaFloor::offset(floor_); }

 private:
  static constexpr std::int64_t kIdleNs = 1'000'000'000;
  static constexpr std::int64_t kLongestPauseNs = 8 * kIdleNs;

  template <class Free>
  void take_returns(Free&& free_one);
  void begin_at(std::uint64_t floor);
  void place_arena(std::uint64_t at);
  bool go_on(std::uint64_t list);
  std::uint64_t sum_of_list(const std::uint64_t* entries, std::size_t count) const;
  void release_below(std::uint64_t floor);
  void begin_anew();

  std::byte* base_;
  int fd_;
  std::size_t arena_at_;
  std::size_t capacity_;  // of the window's arena
  std::size_t kept_;
  std::uint64_t floor_ = 0;  // ArenaFloor
  bool alone_ = false;       // nothing below the floor is held any more
  Arena arena_;
  bool used_ = true;                // since it was idle, by this worker or its predecessor
  bool last_is_first_use_ = false;  // the block allocated last
  bool trimmed_ = false;            // since it was used
  Deadline look_at_;
  std::int64_t pause_ns_ = kIdleNs;
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
  // `blocks`: takes blocks of shared memory along; null: none can travel with this.
  // `region`: where to say which block of the arena is in use now, for chunks; else null.
  ResultGrowth(ResultMemory& memory, ResultPart& part, bool checksums, BlockSender* blocks,
               std::atomic<std::uint64_t>* region = nullptr)
      : memory_(memory), part_(part), checksums_(checksums), blocks_(blocks), region_(region) {}

  std::byte* grow(std::byte* old, std::size_t used, std::size_t wanted,
                  std::byte*& new_end) override;
  void expect(std::size_t size) noexcept override { expected_ = size; }
  void copy(std::byte* place, const void* data, std::size_t size) noexcept override {
    memory_.write(place, data, size);
  }
  BlockSender* blocks() noexcept override { return blocks_; }

  std::byte* inline_begin() {
    return checksums_ ? private_ : reinterpret_cast<std::byte*>(part_.bytes);
  }
  std::byte* inline_end() { return inline_begin() + kInlineResult; }

  // Fills in the part: `size` bytes were written, and blocks of shared memory were sent before if
  // it `carries` some. With a key, notes their checksum.
  void commit(std::size_t size, bool carries, std::optional<std::uint64_t> checksum_key);
  // Frees what was taken.
  void reset();
  // Gives away what was taken; null: nothing.
  std::byte* release() { return std::exchange(block_, nullptr); }

 private:
  ResultMemory& memory_;
  ResultPart& part_;
  const bool checksums_;
  BlockSender* const blocks_;
  std::atomic<std::uint64_t>* region_;
  std::byte* block_ = nullptr;
  std::size_t expected_ = 0;
  std::byte private_[kInlineResult];
};

}  // namespace muster::detail
