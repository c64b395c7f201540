#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <muster/detail/codec_kind.hpp>

// A fixed number of values: pair, tuple, array; and one or none: optional, variant.
namespace muster::detail {

[[noreturn]] void throw_bad_presence(unsigned byte);
[[noreturn]] void throw_bad_index(std::uint32_t index, std::size_t alternatives);
[[noreturn]] void throw_valueless();

template <class... Ts>
struct TupleSizes {
  static constexpr bool kExists = true;
  static constexpr std::size_t kFixedSize = sum_of_fixed_sizes(TypeList<Ts...>{});
  static constexpr std::size_t kLeastSize = sum_of_least_sizes(TypeList<Ts...>{});
};

// Braces evaluate from left to right, as the members were written.
template <class A, class B>
struct NativeCodec<std::pair<A, B>> : TupleSizes<A, B> {
  static void encode(Encoder& out, const std::pair<A, B>& pair) {
    encode_value(out, pair.first);
    encode_value(out, pair.second);
  }
  static std::pair<A, B> decode(Decoder& in) {
    return std::pair<A, B>{decode_value<std::remove_cv_t<A>>(in),
                           decode_value<std::remove_cv_t<B>>(in)};
  }
};

template <class... Ts>
struct NativeCodec<std::tuple<Ts...>> : TupleSizes<Ts...> {
  static void encode(Encoder& out, const std::tuple<Ts...>& tuple) {
    std::apply([&](const auto&... values) { (encode_value(out, values), ...); }, tuple);
  }
  static std::tuple<Ts...> decode([[maybe_unused]] Decoder& in) {
    return std::tuple<Ts...>{decode_value<std::remove_cv_t<Ts>>(in)...};
  }
};

// Of elements that do not travel as bytes.
template <class T, std::size_t N>
struct NativeCodec<std::array<T, N>> {
  static constexpr bool kExists = true;
  static constexpr std::size_t kFixedSize =
      fixed_size<T>() == kDynamicSize ? kDynamicSize : N * fixed_size<T>();
  static constexpr std::size_t kLeastSize = N * least_size<T>();

  static void encode(Encoder& out, const std::array<T, N>& values) {
    for (const T& value : values) encode_value(out, value);
  }
  static std::array<T, N> decode(Decoder& in) {
    if constexpr (std::is_default_constructible_v<T> && std::is_move_assignable_v<T>) {
      std::array<T, N> values;
      for (T& value : values) value = decode_value<T>(in);
      return values;
    } else {
      return decode_each(in, std::make_index_sequence<N>{});
    }
  }

 private:
  template <std::size_t... I>
  static std::array<T, N> decode_each(Decoder& in, std::index_sequence<I...>) {
    return {{(static_cast<void>(I), decode_value<T>(in))...}};
  }
};

template <class T>
struct NativeCodec<std::optional<T>> : DynamicCodec<1> {
  static void encode(Encoder& out, const std::optional<T>& value) {
    out.write(static_cast<std::uint8_t>(value.has_value()));
    if (value) encode_value(out, *value);
  }
  static std::optional<T> decode(Decoder& in) {
    const auto present = in.read<std::uint8_t>();
    if (present > 1) throw_bad_presence(present);
    if (present == 0) return std::nullopt;
    return decode_value<T>(in);
  }
};

template <class... Ts>
struct NativeCodec<std::variant<Ts...>> : DynamicCodec<sizeof(std::uint32_t)> {
  using Variant = std::variant<Ts...>;
  static void encode(Encoder& out, const Variant& value) {
    if (value.valueless_by_exception()) throw_valueless();
    out.write(static_cast<std::uint32_t>(value.index()));
    std::visit([&](const auto& alternative) { encode_value(out, alternative); }, value);
  }
  static Variant decode(Decoder& in) {
    const auto index = in.read<std::uint32_t>();
    if (index >= sizeof...(Ts)) throw_bad_index(index, sizeof...(Ts));
    return decode_alternative(in, index, std::index_sequence_for<Ts...>{});
  }

 private:
  template <std::size_t I>
  static Variant decode_one(Decoder& in) {
    using T = std::variant_alternative_t<I, Variant>;
    return Variant(std::in_place_index<I>, decode_value<T>(in));
  }
  template <std::size_t... I>
  static Variant decode_alternative(Decoder& in, std::uint32_t index, std::index_sequence<I...>) {
    using Decode = Variant (*)(Decoder&);
    static constexpr Decode kDecode[] = {&decode_one<I>...};
    return kDecode[index](in);
  }
};

}  // namespace muster::detail
