#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

namespace bench {

// A page, or more, that processes forked from now on share with this one, for the few words by
// which the benchmarks talk to tasks behind the pool's back.
void* map_shared_pages(std::size_t size);

// The same for an object that needs no destructor. It stays mapped to the end.
template <class T>
T& make_shared_object() {
  static_assert(std::is_trivially_destructible_v<T>);
  return *::new (map_shared_pages(sizeof(T))) T();
}

}  // namespace bench
