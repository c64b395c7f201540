#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <muster/codec.hpp>
#include <muster/detail/codec_kind.hpp>
#include <muster/detail/members.hpp>

// How a type travels, in a few letters, so that two builds of a program can tell whether the bytes
// of one mean the same to the other: a number's kind and size, the members of an aggregate, the
// elements of what the standard library has.
namespace muster::detail {

template <class T, class... Outer>
void describe_layout(std::string& out);

template <class... Outer, class... Ms>
void describe_layouts(std::string& out, TypeList<Ms...>) {
  (describe_layout<std::remove_cv_t<Ms>, Outer...>(out), ...);
}

template <class T>
struct ArgumentsOfTemplate {
  using type = TypeList<>;
};
template <template <class...> class Template, class... Ts>
struct ArgumentsOfTemplate<Template<Ts...>> {
  using type = TypeList<Ts...>;
};

// `Outer`: the types that it lies in, among them perhaps T itself.
template <class T, class... Outer>
void describe_layout(std::string& out) {
  if constexpr ((std::is_same_v<T, Outer> || ...)) {
    out += '^';
  } else if constexpr (std::is_void_v<T>) {
    out += 'v';
  } else if constexpr (has_user_codec<T>()) {
    out += 'c';
  } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    out += std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u';
    out += std::to_string(sizeof(T));
  } else if constexpr (std::is_array_v<T>) {
    out += '[' + std::to_string(std::extent_v<T>);
    describe_layout<std::remove_cv_t<std::remove_extent_t<T>>, Outer...>(out);
    out += ']';
  } else if constexpr (kIsStdArray<T>) {
    out += '[' + std::to_string(std::tuple_size_v<T>);
    describe_layout<std::remove_cv_t<typename T::value_type>, T, Outer...>(out);
    out += ']';
  } else if constexpr (OpenAggregate<T>) {
    out += '{';
    describe_layouts<T, Outer...>(out, MemberTypes<T>{});
    out += '}';
  } else if constexpr (requires { typename T::value_type; } && NativeCodec<T>::kExists) {
    if constexpr (kIsA<T, std::optional>) out += '?';
    out += '(';
    describe_layout<std::remove_cv_t<typename T::value_type>, T, Outer...>(out);
    out += ')';
  } else if constexpr (NativeCodec<T>::kExists &&
                       (kIsA<T, std::pair> || kIsA<T, std::tuple> || kIsA<T, std::variant>)) {
    out += '<';
    describe_layouts<T, Outer...>(out, typename ArgumentsOfTemplate<T>::type{});
    out += '>';
  } else {
    out += 's' + std::to_string(sizeof(T));
  }
}

}  // namespace muster::detail
