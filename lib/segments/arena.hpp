#pragma once

// Blocks of memory in a stretch of a segment that one process alone writes.
//
// The allocator is Boost.Interprocess's best-fit tree over a managed_external_buffer, without a
// lock: only one process, and in it one thread at a time, allocates and frees. Readers elsewhere
// are given offsets and never follow its bookkeeping. The stretch is address space; pages are
// put behind it as the arena grows, and stay when blocks are freed, so that the next ones need no
// faults. They go back when trim() is called, as the owner does when it is idle, and when more than
// kept() lie free.
//
// What has gone back in the middle is a hole: to the allocator a block like others, of which all
// but the first and last page is gone. So whatever the allocator writes for itself has pages, and
// touching it cannot fail. Where nothing else is free a hole gets its pages back and is freed.
//
// If the process dies here, its bookkeeping is read by nobody any more: its successor's arena
// begins behind it (or, for the client, it is gone with the pool).

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include <boost/interprocess/indexes/null_index.hpp>
#include <boost/interprocess/managed_external_buffer.hpp>
#include <boost/interprocess/mem_algo/rbtree_best_fit.hpp>
#include <boost/interprocess/sync/mutex_family.hpp>

namespace muster::detail {

class Arena {
 public:
  // Blocks are aligned to a cache line, so that spans of any T in them can be.
  static constexpr std::size_t kAlignment = 64;

  Arena() = default;
  // `base` is where the stretch of `capacity` bytes is mapped, `fd` and `fd_offset` where its
  // pages come from. Nothing is backed by pages until the first allocation.
  Arena(std::byte* base, std::size_t capacity, int fd, std::size_t fd_offset)
      : base_(base), capacity_(capacity), fd_(fd), fd_offset_(fd_offset) {}

  // Free bytes that keep their pages until it is trimmed; beyond them they go back at once.
  static constexpr std::size_t kKept = std::size_t{256} << 20;
  void set_kept(std::size_t bytes) { kept_ = trim_at_ = bytes; }
  // At so many bytes with pages it gives back what is free before it takes more.
  void set_sparing_at(std::size_t bytes) { sparing_at_ = bytes; }

  // Goes on where an arena was left whole by the process that wrote it, with `backed` bytes, these
  // holes and so many blocks given out.
  void reopen(std::size_t backed, std::vector<std::uint64_t> holes, std::size_t blocks);

  // Null where neither the stretch nor the machine has `size` bytes left.
  std::byte* allocate(std::size_t size);
  void free(std::byte* block);
  // Gives back what lies free, in pieces worth a call of the kernel, but for about `keep` bytes.
  void trim(std::size_t keep = 0);
  // Whether there is more than trim() would leave to an arena without blocks.
  bool worth_trimming() const { return pages() > kFirst; }

  std::uint64_t offset_of(const std::byte* block) const {
    return static_cast<std::uint64_t>(block - base_);
  }
  std::byte* at(std::uint64_t offset) const { return base_ + offset; }

  // Whether a block lies where none was asked for this before: who writes it all is better off with
  // write().
  bool is_first_use(const std::byte* block, std::size_t size);
  // As std::memcpy into a block, without touching its pages through the mapping.
  void write(std::byte* place, const void* data, std::size_t size) const noexcept;

  // Whether that is where a block can be.
  bool may_hold(const std::byte* block, std::size_t size) const {
    const std::uintptr_t at =
        reinterpret_cast<std::uintptr_t>(block) - reinterpret_cast<std::uintptr_t>(base_);
    return at % kAlignment == 0 && at <= backed_ && size <= backed_ - at;
  }

  // A block's bytes, as its header says; within the arena, whatever that says.
  std::size_t size_of(const std::byte* block) const;

  // Bytes of blocks, and of the bookkeeping.
  std::size_t in_use() const;
  // Where the stretch ends that was used, and bytes of it that have pages.
  std::size_t backed() const { return backed_; }
  std::size_t pages() const { return backed_ - punched_; }
  // Blocks given out.
  std::size_t blocks() const { return blocks_; }
  // Offsets.
  std::span<const std::uint64_t> holes() const { return holes_; }

 private:
  // The first step of growth; also what the allocator's own bookkeeping fits in many times over.
  static constexpr std::size_t kFirst = 64 * 1024;
  using Algorithm = boost::interprocess::rbtree_best_fit<boost::interprocess::null_mutex_family>;
  using Buffer =
      boost::interprocess::basic_managed_external_buffer<char, Algorithm,
                                                         boost::interprocess::null_index>;

  std::size_t punched_in(std::uint64_t hole) const;
  std::size_t free_bytes() const { return buffer_->get_free_memory(); }
  std::byte* take_free(std::size_t size);
  bool fill_hole_for(std::size_t size, std::size_t most);
  bool fill(std::size_t index);
  bool grow(std::size_t wanted);
  void cut_end();
  void punch_holes(std::size_t keep);
  void clear();

  std::byte* base_ = nullptr;
  std::size_t capacity_ = 0;
  int fd_ = -1;
  std::size_t fd_offset_ = 0;
  std::size_t backed_ = 0;
  std::size_t blocks_ = 0;
  std::size_t fresh_from_ = 0;  // what lies from here on nobody has used
  std::vector<std::uint64_t> holes_;
  std::size_t punched_ = 0;         // bytes of holes that have no pages
  std::size_t bytes_in_holes_ = 0;  // as the allocator counts them
  std::size_t kept_ = kKept;
  std::size_t trim_at_ = kept_;  // free bytes
  std::size_t sparing_at_ = std::numeric_limits<std::size_t>::max();
  std::optional<Buffer> buffer_;
};

}  // namespace muster::detail
