#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

// What is its bytes and nothing else, and how to make one of them.
namespace muster::detail {

// Trivially copyable. GCC 12 says that of a lambda with captures until something has asked whether
// it can be assigned, and not any more afterwards; so what cannot be assigned at all counts, too.
template <class T>
constexpr bool is_plain_bytes() {
  if constexpr (std::is_trivially_copyable_v<T>) {
    return true;
  } else if constexpr (!std::is_class_v<T> || std::is_aggregate_v<T>) {
    return false;
  } else {
    return std::is_trivially_copy_constructible_v<T> && std::is_trivially_move_constructible_v<T> &&
           std::is_trivially_destructible_v<T> && !std::is_copy_assignable_v<T> &&
           !std::is_move_assignable_v<T>;
  }
}

// A T of these bytes. As std::bit_cast, which goes by what the compiler calls trivially copyable.
template <class T>
T value_of_bytes(const std::byte* bytes) {
  alignas(T) std::byte copy[sizeof(T)];
  std::memcpy(copy, bytes, sizeof(T));
  return std::move(*std::launder(reinterpret_cast<T*>(copy)));
}

}  // namespace muster::detail
