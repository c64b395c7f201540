#include "lib/futures/block_depot.hpp"

#include <mutex>
#include <new>
#include <type_traits>

#include "lib/common/fork_guard.hpp"

namespace muster::detail {
namespace {

ForkSafeMutex depot_mutex;

void push(Magazine*& list, Magazine* magazine) {
  magazine->next = list;
  list = magazine;
}

Magazine* pop(Magazine*& list) {
  Magazine* magazine = list;
  list = magazine->next;
  return magazine;
}

}  // namespace

// Without a destructor, so that futures in static objects can use it to the last.
constinit BlockDepot block_depot;
static_assert(std::is_trivially_destructible_v<BlockDepot>);

void BlockDepot::fill(std::size_t size_class, Magazine*& magazine) {
  std::lock_guard lock(depot_mutex);
  SizeClass& c = classes_[size_class];
  if (c.full != nullptr) {
    push(spare_, magazine);
    magazine = pop(c.full);
    --c.full_count;
    return;
  }
  // From the back, so that blocks come out in ascending order: the prefetcher likes it.
  std::uint32_t free = Magazine::kRounds;
  while (free > 0) {
    void* block = take(c, kBlockSizes[size_class]);
    if (block == nullptr) break;
    magazine->blocks[--free] = block;
  }
  magazine->count = Magazine::kRounds - free;
  if (magazine->count == 0) throw std::bad_alloc();
  for (std::uint32_t i = 0; free != 0 && i < magazine->count; ++i)
    magazine->blocks[i] = magazine->blocks[free + i];
}

void BlockDepot::drain(std::size_t size_class, Magazine*& magazine) {
  std::lock_guard lock(depot_mutex);
  SizeClass& c = classes_[size_class];
  if (magazine->count == Magazine::kRounds && c.full_count < kKeptFull) {
    if (Magazine* empty = spare_ != nullptr ? pop(spare_) : new (std::nothrow) Magazine) {
      push(c.full, magazine);
      ++c.full_count;
      magazine = empty;
      return;
    }
  }
  for (std::uint32_t i = 0; i < magazine->count; ++i) give(c, magazine->blocks[i]);
  magazine->count = 0;
}

void* BlockDepot::take_one(std::size_t size_class) {
  std::lock_guard lock(depot_mutex);
  void* block = take(classes_[size_class], kBlockSizes[size_class]);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void BlockDepot::give_one(std::size_t size_class, void* block) {
  std::lock_guard lock(depot_mutex);
  give(classes_[size_class], block);
}

std::size_t BlockDepot::memory() {
  std::lock_guard lock(depot_mutex);
  return (used_slabs_ + empty_count_) * Slab::kBytes;
}

// Null: there is no memory.
void* BlockDepot::take(SizeClass& c, std::size_t block_size) {
  if (c.partial == nullptr && !add_slab(c, block_size)) return nullptr;
  Slab* slab = c.partial;
  void* block = slab->take();
  if (slab->full()) unlink(c.partial, slab);
  return block;
}

void BlockDepot::give(SizeClass& c, void* block) {
  Slab* slab = Slab::of(block);
  const bool was_full = slab->full();
  slab->give(block);
  if (was_full) link(c.partial, slab);
  if (!slab->empty()) return;
  unlink(c.partial, slab);
  keep_empty(slab);
  if (empty_count_ <= kKeptEmpty) return;
  if (slab->region()->region_used == 0)
    drop_region(slab->region());
  else
    drop_pages(slab);  // others of its region may be in use for long
}

bool BlockDepot::add_slab(SizeClass& c, std::size_t block_size) {
  if (empty_ == nullptr && !map_more()) return false;
  Slab* slab = empty_;
  unlink(empty_, slab);
  --empty_count_;
  ++used_slabs_;
  const std::uint32_t region_used = slab->region_used;  // of this slab's region, if it is the first
  slab = Slab::make(slab, block_size);
  slab->region_used = region_used;
  ++slab->region()->region_used;
  link(c.partial, slab);
  return true;
}

bool BlockDepot::map_more() {
  std::byte* region = map_region(used_slabs_ >= kHugeFrom);
  if (region == nullptr) return false;
  // The list is taken from the front: ascending addresses.
  for (std::size_t i = Slab::kRegionSlabs; i-- > 0;) {
    link(empty_, Slab::make(region + i * Slab::kBytes, kBlockSizes[0]));
  }
  empty_count_ += Slab::kRegionSlabs;
  return true;
}

void BlockDepot::keep_empty(Slab* slab) {
  link(empty_, slab);
  ++empty_count_;
  --used_slabs_;
  --slab->region()->region_used;
}

// REQUIRES: all its slabs are empty.
void BlockDepot::drop_region(Slab* region) {
  for (std::size_t i = 0; i < Slab::kRegionSlabs; ++i) unlink(empty_, region->in_region(i));
  empty_count_ -= Slab::kRegionSlabs;
  unmap_region(region);
}

void BlockDepot::link(Slab*& list, Slab* slab) {
  slab->prev = nullptr;
  slab->next = list;
  if (list != nullptr) list->prev = slab;
  list = slab;
}

void BlockDepot::unlink(Slab*& list, Slab* slab) {
  if (slab->prev != nullptr)
    slab->prev->next = slab->next;
  else
    list = slab->next;
  if (slab->next != nullptr) slab->next->prev = slab->prev;
}

}  // namespace muster::detail
