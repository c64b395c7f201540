#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <queue>
#include <ranges>
#include <stack>
#include <tuple>
#include <type_traits>
#include <utility>
#include <valarray>
#include <variant>

#include <muster/detail/members.hpp>
#include <muster/detail/travel.hpp>

#include "codec/random_value.hpp"

namespace muster::test {

template <class T>
bool same(const T& a, const T& b);

template <class Pointer>
bool same_pointees(const Pointer& a, const Pointer& b) {
  return a == nullptr || b == nullptr ? a == b : same(*a, *b);
}

template <class T>
bool same_elements(const T& a, const T& b) {
  auto x = std::begin(a);
  auto y = std::begin(b);
  for (; x != std::end(a) && y != std::end(b); ++x, ++y) {
    if (!same<typename T::value_type>(*x, *y)) return false;
  }
  return x == std::end(a) && y == std::end(b);
}

// The container in a queue, stack or priority_queue.
template <class T>
const typename T::container_type& container_of(const T& adaptor) {
  struct Access : T {
    static const typename T::container_type& get(const T& from) { return from.*&Access::c; }
  };
  return Access::get(adaptor);
}

template <class T, std::size_t N>
bool same_array(const T (&a)[N], const T (&b)[N]) {
  return std::equal(a, a + N, b, [](const T& x, const T& y) {
    if constexpr (std::is_array_v<T>) {
      return same_array(x, y);
    } else {
      return same(x, y);
    }
  });
}

template <class T>
bool same_member(const T& a, const T& b) {
  if constexpr (std::is_array_v<T>) {
    return same_array(a, b);
  } else {
    return same(a, b);
  }
}

template <class T>
bool same_members(const T& a, const T& b) {
  return detail::apply_to_members(a, [&](const auto&... xs) {
    return detail::apply_to_members(
        b, [&](const auto&... ys) { return (same_member(xs, ys) && ...); });
  });
}

// Equal by value, however deep: what pointers point to, and not where. A type of the tests' own
// that has an == means it.
template <class T>
bool same(const T& a, const T& b) {
  using detail::kIsA;
  if constexpr (kIsA<T, std::unique_ptr> || kIsA<T, std::shared_ptr>) {
    return same_pointees(a, b);
  } else if constexpr (kIsA<T, std::optional>) {
    return a.has_value() == b.has_value() && (!a || same(*a, *b));
  } else if constexpr (kIsA<T, std::variant>) {
    return a.index() == b.index() && std::visit(
                                         [&]<class V>(const V& x) {
                                           // The index tells alternatives of the same type apart.
                                           bool found = false;
                                           std::visit(
                                               [&]<class W>(const W& y) {
                                                 if constexpr (std::is_same_v<V, W>)
                                                   found = same(x, y);
                                               },
                                               b);
                                           return found;
                                         },
                                         a);
  } else if constexpr (kIsA<T, std::pair>) {
    return same(a.first, b.first) && same(a.second, b.second);
  } else if constexpr (kIsA<T, std::tuple>) {
    return std::apply(
        [&](const auto&... xs) {
          return std::apply([&](const auto&... ys) { return (same(xs, ys) && ...); }, b);
        },
        a);
  } else if constexpr (std::is_same_v<T, std::filesystem::path> ||
                       requires { typename T::hasher; }) {
    return a == b;
  } else if constexpr (requires { typename T::container_type; }) {
    return same(container_of(a), container_of(b));
  } else if constexpr (kIsA<T, std::valarray> || std::ranges::range<const T>) {
    return same_elements(a, b);
  } else if constexpr (std::equality_comparable<T>) {
    return a == b;
  } else if constexpr (detail::OpenAggregate<T>) {
    return same_members(a, b);
  } else {
    return std::is_empty_v<T>;
  }
}

}  // namespace muster::test
