// Blocks go from slabs into magazines, of which each thread has two for each size: it empties and
// fills them without a lock and exchanges whole ones with the depot. Two, so that a thread that
// makes and frees in turns does not go to the depot each time it crosses the edge of one.

#include <array>
#include <cstdlib>
#include <new>
#include <utility>

#include <muster/detail/state_allocator.hpp>

#include "lib/common/prefetch.hpp"
#include "lib/common/sanitizers.hpp"
#include "lib/futures/block_depot.hpp"

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
        block_depot.drain(c, m);
        delete m;
      }
    }
  }
  ThreadCache(const ThreadCache&) = delete;
  ThreadCache& operator=(const ThreadCache&) = delete;

  std::array<Pair, kBlockSizes.size()> pairs;
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
  if (cache == nullptr) return block_depot.take_one(size_class);
  ThreadCache::Pair& pair = cache->pairs[size_class];
  if (pair.loaded->count == 0) {
    if (pair.previous->count != 0)
      std::swap(pair.loaded, pair.previous);
    else
      block_depot.fill(size_class, pair.loaded);
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
  if (cache == nullptr) return block_depot.give_one(size_class, block);
  ThreadCache::Pair& pair = cache->pairs[size_class];
  if (pair.loaded->count == Magazine::kRounds) {
    if (pair.previous->count != 0) block_depot.drain(size_class, pair.previous);
    std::swap(pair.loaded, pair.previous);
  }
  pair.loaded->blocks[pair.loaded->count++] = block;
}

}  // namespace

void* allocate_block(std::size_t size) {
  if constexpr (kSanitized) return allocate_large(size, kBlockAlign);
  const std::size_t size_class = block_class(size);
  if (ThreadCache* cache = thread_cache; cache != nullptr) [[likely]] {
    Magazine* loaded = cache->pairs[size_class].loaded;
    if (loaded->count != 0) [[likely]] {
      void* block = loaded->blocks[--loaded->count];
      // The next but three is written in a moment.
      if (loaded->count >= 4) prefetch_to_write(loaded->blocks[loaded->count - 4]);
      return block;
    }
  }
  return allocate_slow(size_class);
}

void free_block(void* block, std::size_t size) noexcept {
  if constexpr (kSanitized) return free_large(block);
  const std::size_t size_class = block_class(size);
  if (ThreadCache* cache = thread_cache; cache != nullptr) [[likely]] {
    Magazine* loaded = cache->pairs[size_class].loaded;
    if (loaded->count != Magazine::kRounds) [[likely]] {
      loaded->blocks[loaded->count++] = block;
      return;
    }
  }
  free_slow(block, size_class);
}

std::size_t block_memory() noexcept { return kSanitized ? 0 : block_depot.memory(); }

}  // namespace muster::detail
