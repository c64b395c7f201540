#pragma once

// The types that are decoded: those of docs/DATA.md, all of them. A byte in front of the input says
// which, so that another order or other types make the corpus another one: README.md says how it is
// made anew.

#include <complex>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "codec/data_rows.hpp"

namespace fuzz {

using muster::test::TypeList;

using Types = decltype(muster::test::types_of(muster::test::Rows{}));

// Whether equal values are encoded as the same bytes. A hash table gives its elements in an order
// of its own; an object without members is a byte that nobody writes, and a long double has six.
template <class T>
constexpr bool kSameBytes = !requires { typename T::hasher; };
template <>
inline constexpr bool kSameBytes<std::monostate> = false;
template <>
inline constexpr bool kSameBytes<std::less<int>> = false;
template <>
inline constexpr bool kSameBytes<muster::test::Nothing> = false;
template <>
inline constexpr bool kSameBytes<std::vector<muster::test::Nothing>> = false;
template <>
inline constexpr bool kSameBytes<std::variant<std::monostate, int, std::string>> = false;
template <>
inline constexpr bool kSameBytes<std::variant<std::monostate, int, std::string, std::vector<int>>> =
    false;
template <>
inline constexpr bool kSameBytes<muster::test::Json> = false;
template <>
inline constexpr bool kSameBytes<long double> = false;
template <>
inline constexpr bool kSameBytes<std::complex<long double>> = false;
template <>
inline constexpr bool kSameBytes<std::vector<long double>> = false;

}  // namespace fuzz
