#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lib/futures/slab.hpp"

namespace muster::detail {

// An array of pointers to free blocks of one size, filled and emptied by one thread at a time.
struct Magazine {
  static constexpr std::uint32_t kRounds = 64;

  Magazine* next = nullptr;
  std::uint32_t count = 0;
  void* blocks[kRounds];
};

constexpr std::array<std::size_t, 5> kBlockSizes = {64, 128, 192, 256, 512};

// The index of the smallest of them that holds `size`.
constexpr std::size_t block_class(std::size_t size) {
  const std::size_t lines = (size + 63) / 64;
  return lines <= 4 ? lines - 1 : 4;
}

// Free blocks that no thread has at hand, for all threads, behind one lock. A full magazine more
// than kKeptFull goes back into the slabs; while more than kKeptEmpty slabs are empty, the memory
// of each goes back to the system, with the addresses where its whole region is empty.
class BlockDepot {
 public:
  // Fills an empty magazine, or exchanges it for a full one. Throws std::bad_alloc, with the
  // magazine as it was.
  void fill(std::size_t size_class, Magazine*& magazine);
  // Takes the blocks of a magazine, which is empty afterwards, or another one.
  void drain(std::size_t size_class, Magazine*& magazine);

  // Single blocks, for threads that are ending. Throws std::bad_alloc.
  void* take_one(std::size_t size_class);
  void give_one(std::size_t size_class, void* block);

  // Bytes of all slabs, the empty ones among them.
  std::size_t memory();

 private:
  // 1024 blocks a size wait in full magazines, and 64 MiB in empty slabs: enough for a million
  // small tasks, whose pages would otherwise cost a fault each 64 tasks, time and again.
  static constexpr std::size_t kKeptFull = 16;
  static constexpr std::size_t kKeptEmpty = 1024;
  // A program with fewer futures than fill two regions does not pay for a large page.
  static constexpr std::size_t kHugeFrom = 2 * Slab::kRegionSlabs;

  struct SizeClass {
    Magazine* full = nullptr;
    std::size_t full_count = 0;
    Slab* partial = nullptr;
  };

  static void link(Slab*& list, Slab* slab);
  static void unlink(Slab*& list, Slab* slab);

  void* take(SizeClass& c, std::size_t block_size);
  void give(SizeClass& c, void* block);
  bool add_slab(SizeClass& c, std::size_t block_size);
  bool map_more();
  void keep_empty(Slab* slab);
  void drop_region(Slab* region);

  std::array<SizeClass, kBlockSizes.size()> classes_{};
  Magazine* spare_ = nullptr;  // empty magazines
  Slab* empty_ = nullptr;
  std::size_t empty_count_ = 0;
  std::size_t used_slabs_ = 0;
};

// The one of this process.
extern constinit BlockDepot block_depot;

}  // namespace muster::detail
