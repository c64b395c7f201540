#pragma once

#include <cstddef>
#include <type_traits>

#include <muster/detail/codec_kind.hpp>
#include <muster/detail/members.hpp>

// Plain aggregates, member by member.
namespace muster::detail {

template <class T>
void encode_member(Encoder& out, const T& member) {
  if constexpr (std::is_array_v<T>) {
    for (const auto& element : member) encode_member(out, element);
  } else {
    encode_value(out, member);
  }
}

template <class T>
void decode_member(Decoder& in, T& member) {
  if constexpr (std::is_array_v<T>) {
    for (auto& element : member) decode_member(in, element);
  } else {
    member = decode_value<T>(in);
  }
}

template <class T>
void encode_members(Encoder& out, const T& value) {
  const Nesting nesting(out);
  apply_to_members(value, [&](const auto&... members) { (encode_member(out, members), ...); });
}

// Braces evaluate from left to right, need no default constructor and take members that are
// const; C arrays can only be filled.
template <class T, class... Ms>
T decode_members([[maybe_unused]] Decoder& in, TypeList<Ms...>) {
  if constexpr ((std::is_array_v<Ms> || ...)) {
    T value{};
    apply_to_members(value, [&](auto&... members) { (decode_member(in, members), ...); });
    return value;
  } else {
    return T{decode_value<std::remove_cv_t<Ms>>(in)...};
  }
}

}  // namespace muster::detail
