// Blocks go from slabs into magazines, arrays of pointers to free blocks, of which each thread has
// two for each size: it empties and fills them without a lock and exchanges whole ones with the
// depot. Two, so that a thread that makes and frees in turns does not go to the depot each time
// it crosses the edge of one.

#include <muster/detail/state_allocator.hpp>

#include <array>
#include <cstdlib>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

#include "lib/common/fork_guard.hpp"
#include "lib/common/sanitizers.hpp"
#include "lib/futures/slab.hpp"

namespace muster::detail {

void* allocate_large(std::size_t size, std::size_t alignment) {
  if (alignment < kBlockAlign) alignment = kBlockAlign;
  const std::size_t whole = (size + alignment - 1) / alignment * alignment;
  void* place = std::aligned_alloc(alignment, whole);
  if (place == nullptr) throw std::bad_alloc();
  return place;
}

void free_large(void* place) noexcept { std::free(place); }

namespace {

constexpr std::array<std::size_t, 5> kSizes = {64, 128, 192, 256, 512};

constexpr std::size_t class_of(std::size_t size) {
  const std::size_t lines = (size + 63) / 64;
  return lines <= 4 ? lines - 1 : 4;
}

struct Magazine {
  static constexpr std::uint32_t kRounds = 64;

  Magazine* next = nullptr;
  std::uint32_t count = 0;
  void* blocks[kRounds];
};

ForkSafeMutex depot_mutex;

// What all threads share, under depot_mutex. A full magazine more than kKeptFull goes back into
// the slabs, and a slab that is empty back to the system, but for kKeptEmpty.
class Depot {
 public:
  // Gives an empty magazine for a full one. Throws std::bad_alloc, with the empty one untouched.
  void fill(std::size_t size_class, Magazine*& magazine) {
    std::lock_guard lock(depot_mutex);
    SizeClass& c = classes_[size_class];
    if (c.full != nullptr) {
      push(spare_, magazine);
      magazine = pop(c.full);
      --c.full_count;
      return;
    }
    // Filled from the back, so that blocks come out in ascending order: the prefetcher likes it.
    std::uint32_t taken = 0;
    for (; taken < Magazine::kRounds; ++taken) {
      Slab* slab = c.partial != nullptr ? c.partial : add_slab(c, kSizes[size_class]);
      if (slab == nullptr) break;
      magazine->blocks[Magazine::kRounds - 1 - taken] = slab->take();
      if (slab->full()) unlink(c, slab);
    }
    if (taken == 0) throw std::bad_alloc();
    if (taken < Magazine::kRounds) {
      for (std::uint32_t i = 0; i < taken; ++i)
        magazine->blocks[i] = magazine->blocks[Magazine::kRounds - taken + i];
    }
    magazine->count = taken;
  }

  // Takes the blocks of a magazine, which is empty afterwards.
  void drain(std::size_t size_class, Magazine*& magazine) {
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

  void* take_one(std::size_t size_class) {
    std::lock_guard lock(depot_mutex);
    SizeClass& c = classes_[size_class];
    Slab* slab = c.partial != nullptr ? c.partial : add_slab(c, kSizes[size_class]);
    if (slab == nullptr) throw std::bad_alloc();
    void* block = slab->take();
    if (slab->full()) unlink(c, slab);
    return block;
  }
  void give_one(std::size_t size_class, void* block) {
    std::lock_guard lock(depot_mutex);
    give(classes_[size_class], block);
  }

  std::size_t memory() {
    std::lock_guard lock(depot_mutex);
    return (used_slabs_ + empty_count_) * Slab::kBytes;
  }

 private:
  // 1024 blocks a size wait in full magazines, and 64 MiB in empty slabs: enough for a million
  // small tasks, whose pages would otherwise cost a fault each 64 tasks, time and again.
  static constexpr std::size_t kKeptFull = 16;
  static constexpr std::size_t kKeptEmpty = 1024;
  static constexpr std::size_t kSlabsAtOnce = 16;

  struct SizeClass {
    Magazine* full = nullptr;
    std::size_t full_count = 0;
    Slab* partial = nullptr;
  };

  static void push(Magazine*& list, Magazine* magazine) {
    magazine->next = list;
    list = magazine;
  }
  static Magazine* pop(Magazine*& list) {
    Magazine* magazine = list;
    list = magazine->next;
    return magazine;
  }

  Slab* add_slab(SizeClass& c, std::size_t block_size) {
    if (empty_ == nullptr && !map_more()) return nullptr;
    void* place = empty_;
    empty_ = empty_->next;
    --empty_count_;
    ++used_slabs_;
    Slab* slab = Slab::make(place, block_size);
    link(c, slab);
    return slab;
  }

  bool map_more() {
    std::byte* slabs = map_slabs(kSlabsAtOnce);
    if (slabs == nullptr) return false;
    // The list is taken from the front: ascending addresses.
    for (std::size_t i = kSlabsAtOnce; i-- > 0;)
      keep_empty(Slab::make(slabs + i * Slab::kBytes, kSizes[0]));
    return true;
  }
  void keep_empty(Slab* slab) {
    slab->next = empty_;
    empty_ = slab;
    ++empty_count_;
  }

  void give(SizeClass& c, void* block) {
    Slab* slab = Slab::of(block);
    const bool was_full = slab->full();
    slab->give(block);
    if (was_full) link(c, slab);
    if (!slab->empty()) return;
    unlink(c, slab);
    --used_slabs_;
    if (empty_count_ < kKeptEmpty)
      keep_empty(slab);
    else
      unmap_slab(slab);
  }

  static void link(SizeClass& c, Slab* slab) {
    slab->prev = nullptr;
    slab->next = c.partial;
    if (c.partial != nullptr) c.partial->prev = slab;
    c.partial = slab;
  }
  static void unlink(SizeClass& c, Slab* slab) {
    if (slab->prev != nullptr)
      slab->prev->next = slab->next;
    else
      c.partial = slab->next;
    if (slab->next != nullptr) slab->next->prev = slab->prev;
  }

  std::array<SizeClass, kSizes.size()> classes_{};
  Magazine* spare_ = nullptr;  // empty magazines
  Slab* empty_ = nullptr;
  std::size_t empty_count_ = 0;
  std::size_t used_slabs_ = 0;
};

// Without a destructor, so that futures in static objects can use it to the last.
constinit Depot depot;
static_assert(std::is_trivially_destructible_v<Depot>);

struct ThreadCache {
  struct Pair {
    Magazine* loaded = nullptr;    // the one in use
    Magazine* previous = nullptr;  // full or empty
  };

  ThreadCache() {
    for (Pair& pair : pairs) {
      pair.loaded = new Magazine;
      pair.previous = new Magazine;
    }
  }
  ~ThreadCache() {
    for (std::size_t c = 0; c < pairs.size(); ++c) {
      for (Magazine* m : {pairs[c].loaded, pairs[c].previous}) {
        depot.drain(c, m);
        delete m;
      }
    }
  }
  ThreadCache(const ThreadCache&) = delete;
  ThreadCache& operator=(const ThreadCache&) = delete;

  std::array<Pair, kSizes.size()> pairs;
};

// A plain pointer, because it is looked at for every block. Null before the thread's first block
// and again after its thread_local objects were destroyed.
[[gnu::tls_model("initial-exec")]] constinit thread_local ThreadCache* thread_cache = nullptr;
constinit thread_local bool thread_is_ending = false;

// Its destructor gives the thread's blocks back.
struct CacheOwner {
  CacheOwner() : cache(new ThreadCache) { thread_cache = cache; }
  ~CacheOwner() {
    thread_is_ending = true;
    thread_cache = nullptr;
    delete cache;
  }
  CacheOwner(const CacheOwner&) = delete;
  CacheOwner& operator=(const CacheOwner&) = delete;

  ThreadCache* cache;
};

ThreadCache* make_thread_cache() {
  if (thread_is_ending) return nullptr;
  static thread_local CacheOwner owner;
  return owner.cache;
}

[[gnu::noinline]] void* allocate_slow(std::size_t size_class) {
  ThreadCache* cache = thread_cache != nullptr ? thread_cache : make_thread_cache();
  if (cache == nullptr) return depot.take_one(size_class);
  ThreadCache::Pair& pair = cache->pairs[size_class];
  if (pair.loaded->count == 0) {
    if (pair.previous->count != 0)
      std::swap(pair.loaded, pair.previous);
    else
      depot.fill(size_class, pair.loaded);
  }
  return pair.loaded->blocks[--pair.loaded->count];
}

[[gnu::noinline]] void free_slow(void* block, std::size_t size_class) {
  ThreadCache* cache = thread_cache;
  if (cache == nullptr && !thread_is_ending) {
    // Without memory for a cache the block goes straight back.
    try {
      cache = make_thread_cache();
    } catch (const std::bad_alloc&) {
      cache = nullptr;
    }
  }
  if (cache == nullptr) return depot.give_one(size_class, block);
  ThreadCache::Pair& pair = cache->pairs[size_class];
  if (pair.loaded->count == Magazine::kRounds) {
    if (pair.previous->count != 0) depot.drain(size_class, pair.previous);
    std::swap(pair.loaded, pair.previous);
  }
  pair.loaded->blocks[pair.loaded->count++] = block;
}

}  // namespace

void* allocate_block(std::size_t size) {
  if constexpr (kSanitized) return allocate_large(size, kBlockAlign);
  const std::size_t size_class = class_of(size);
  if (ThreadCache* cache = thread_cache; cache != nullptr) [[likely]] {
    Magazine* loaded = cache->pairs[size_class].loaded;
    if (loaded->count != 0) [[likely]] {
      void* block = loaded->blocks[--loaded->count];
      // The next but three is written in a moment.
      if (loaded->count >= 4) __builtin_prefetch(loaded->blocks[loaded->count - 4], 1);
      return block;
    }
  }
  return allocate_slow(size_class);
}

void free_block(void* block, std::size_t size) noexcept {
  if constexpr (kSanitized) return free_large(block);
  const std::size_t size_class = class_of(size);
  if (ThreadCache* cache = thread_cache; cache != nullptr) [[likely]] {
    Magazine* loaded = cache->pairs[size_class].loaded;
    if (loaded->count != Magazine::kRounds) [[likely]] {
      loaded->blocks[loaded->count++] = block;
      return;
    }
  }
  free_slow(block, size_class);
}

std::size_t block_memory() noexcept { return kSanitized ? 0 : depot.memory(); }

}  // namespace muster::detail
