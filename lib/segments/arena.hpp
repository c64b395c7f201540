#pragma once

// Blocks of memory in a stretch of a segment that one process alone writes.
//
// The allocator is Boost.Interprocess's best-fit tree over a managed_external_buffer, without a
// lock: only one process, and in it one thread at a time, allocates and frees. Readers elsewhere
// are given offsets and never follow its bookkeeping. The stretch is address space; pages are
// put behind it as the arena grows (doubling), and stay, so that reused blocks need no faults; only
// those of a quarter gigabyte or more go back once most of the arena is free.
//
// If the process dies here, its bookkeeping is read by nobody any more: its successor's arena
// begins behind it (or, for the client, it is gone with the pool).

#include <cstddef>
#include <cstdint>
#include <optional>

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

  // Goes on where an arena was left whole by the process that wrote it, with `backed` bytes.
  void reopen(std::size_t backed);

  // Null where neither the stretch nor the machine has `size` bytes left.
  std::byte* allocate(std::size_t size);
  // True if memory went back to the system: backed() is less than before.
  bool free(std::byte* block);

  std::uint64_t offset_of(const std::byte* block) const {
    return static_cast<std::uint64_t>(block - base_);
  }
  std::byte* at(std::uint64_t offset) const { return base_ + offset; }

  // Whether that is where a block can be.
  bool may_hold(const std::byte* block, std::size_t size) const {
    const std::uintptr_t at =
        reinterpret_cast<std::uintptr_t>(block) - reinterpret_cast<std::uintptr_t>(base_);
    return at % kAlignment == 0 && at <= backed_ && size <= backed_ - at;
  }

  std::size_t in_use() const;
  std::size_t backed() const { return backed_; }

 private:
  using Algorithm = boost::interprocess::rbtree_best_fit<boost::interprocess::null_mutex_family>;
  using Buffer =
      boost::interprocess::basic_managed_external_buffer<char, Algorithm,
                                                         boost::interprocess::null_index>;

  bool grow(std::size_t wanted);
  bool shrink();

  std::byte* base_ = nullptr;
  std::size_t capacity_ = 0;
  int fd_ = -1;
  std::size_t fd_offset_ = 0;
  std::size_t backed_ = 0;
  std::optional<Buffer> buffer_;
};

}  // namespace muster::detail
