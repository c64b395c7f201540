#include "bench/probes/allocations.hpp"

#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

#include "bench/probes/shared_page.hpp"

// The C library's own, behind the names that are taken over below.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace bench {

namespace {

enum Role { kClient, kWorker, kOther, kRoles };

struct SharedCounts {
  std::atomic<std::uint64_t> of_role[kRoles];
};

std::atomic<SharedCounts*> shared{nullptr};
std::atomic<Role> own_role{kClient};
thread_local std::uint64_t of_thread = 0;

// Called by malloc: must not allocate.
inline void count() noexcept {
  // Relaxed throughout: counts that are read when those who count have been waited for.
  SharedCounts* const counts = shared.load(std::memory_order_relaxed);
  if (counts == nullptr) return;
  ++of_thread;
  counts->of_role[own_role.load(std::memory_order_relaxed)].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

void start_counting_allocations() {
  shared.store(&make_shared_object<SharedCounts>());
  ::pthread_atfork(nullptr, nullptr, [] { own_role.store(kOther); });
}

AllocationCounts allocations_so_far() {
  const SharedCounts& counts = *shared.load();
  return {of_thread, counts.of_role[kClient].load(), counts.of_role[kWorker].load(),
          counts.of_role[kOther].load()};
}

muster::PortableFunction count_as_worker() {
  return [] { own_role.store(kWorker); };
}

}  // namespace bench

extern "C" {

void* malloc(std::size_t size) noexcept {
  bench::count();
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) noexcept {
  bench::count();
  return __libc_calloc(count, size);
}

void* realloc(void* block, std::size_t size) noexcept {
  bench::count();
  return __libc_realloc(block, size);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
  bench::count();
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return memalign(alignment, size);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
  void* const place = memalign(alignment, size);
  if (place == nullptr) return ENOMEM;
  *block = place;
  return 0;
}
}
