#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace muster::detail {

// Blocks for shared states, in sizes of 64, 128, 192, 256 and 512 bytes, 64-byte aligned. Each
// thread keeps a few at hand, so that neither making nor freeing one takes a lock or a system
// call; a block may be freed by another thread than made it. Under the sanitizers every block is
// a plain operator new of its own, so that they see each use after free.
//
// Throws std::bad_alloc.
void* allocate_block(std::size_t size);
void free_block(void* block, std::size_t size) noexcept;

// Bytes of memory that the blocks take at present, those kept for later among them.
std::size_t block_memory() noexcept;

constexpr std::size_t kLargestBlock = 512;
constexpr std::size_t kBlockAlign = 64;

// A state that is larger, or aligned to more, is allocated on its own.
template <class State>
constexpr bool kFitsBlock = sizeof(State) <= kLargestBlock && alignof(State) <= kBlockAlign;

void* allocate_large(std::size_t size, std::size_t alignment);
void free_large(void* place) noexcept;

// What goes into StateOps::block_size; 0: allocated on its own.
template <class State>
constexpr std::uint32_t kBlockSize = kFitsBlock<State> ? sizeof(State) : 0;

template <class State, class... Args>
State* new_state(Args&&... args) {
  void* place;
  if constexpr (kFitsBlock<State>)
    place = allocate_block(sizeof(State));
  else
    place = allocate_large(sizeof(State), alignof(State));
  try {
    return ::new (place) State(std::forward<Args>(args)...);
  } catch (...) {
    if constexpr (kFitsBlock<State>)
      free_block(place, sizeof(State));
    else
      free_large(place);
    throw;
  }
}

}  // namespace muster::detail
