#pragma once

namespace muster::detail {

// Fetches a cache line that will be read soon.
inline void prefetch_to_read(const void* line) { __builtin_prefetch(line, 0, 3); }

// Fetches a cache line that will be written soon, and takes it from whoever has it: without this
// the store would have to wait for it a second time. Compilers make a plain read of
// __builtin_prefetch(line, 1) unless they are told that the processor has PREFETCHW; all x86-64
// processors execute it, the oldest as nothing.
inline void prefetch_to_write(void* line) {
#if defined(__x86_64__)
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(line)));
#else
  __builtin_prefetch(line, 1, 3);
#endif
}

}  // namespace muster::detail
