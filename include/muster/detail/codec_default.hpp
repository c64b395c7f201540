#pragma once

#include <cstdint>
#include <type_traits>

#include <muster/codec.hpp>
#include <muster/detail/cereal_archive.hpp>
#include <muster/detail/codec_adaptors.hpp>
#include <muster/detail/codec_aggregate.hpp>
#include <muster/detail/codec_block.hpp>
#include <muster/detail/codec_kind.hpp>
#include <muster/detail/codec_pointers.hpp>
#include <muster/detail/codec_sequences.hpp>
#include <muster/detail/codec_system.hpp>
#include <muster/detail/codec_tuples.hpp>
#include <muster/detail/function_code.hpp>
#include <muster/detail/plain_bytes.hpp>

// What Codec<T> does where nobody specialised it.
namespace muster {

namespace detail {

template <class T>
T decode_bytes(Decoder& in) {
  if constexpr (std::is_same_v<T, bool>) {
    return in.read<std::uint8_t>() != 0;  // a bool of any other value would be no bool
  } else if constexpr (std::is_trivially_default_constructible_v<T> &&
                       std::is_trivially_copy_assignable_v<T>) {
    T value;
    in.read(&value, sizeof(T));
    return value;
  } else {
    return value_of_bytes<T>(in.view(sizeof(T)));
  }
}

template <class T>
void encode_default(Encoder& out, const T& value) {
  constexpr TravelKind kKind = travel_kind<T>();
  if constexpr (kKind == TravelKind::bytes) {
    out.write(&value, sizeof(T));
  } else if constexpr (kKind == TravelKind::native) {
    NativeCodec<T>::encode(out, value);
  } else if constexpr (kKind == TravelKind::code) {
    encode_function(out, value);
  } else if constexpr (kKind == TravelKind::cereal) {
    encode_cereal(out, value);
  } else if constexpr (kKind == TravelKind::aggregate) {
    encode_members(out, value);
  } else {
    refuse<T>();
  }
}

template <class T>
T decode_default(Decoder& in) {
  constexpr TravelKind kKind = travel_kind<T>();
  if constexpr (kKind == TravelKind::bytes) {
    return decode_bytes<T>(in);
  } else if constexpr (kKind == TravelKind::native) {
    return NativeCodec<T>::decode(in);
  } else if constexpr (kKind == TravelKind::code) {
    return decode_function<T>(in);
  } else if constexpr (kKind == TravelKind::cereal) {
    T value = make_for_cereal<T>();
    decode_cereal(in, value);
    return value;
  } else if constexpr (kKind == TravelKind::aggregate) {
    const Nesting nesting(in);
    return decode_members<T>(in, MemberTypes<T>{});
  } else {
    refuse<T>();
  }
}

}  // namespace detail

template <class U>
void Encoder::write(const U& value) {
  detail::encode_value(*this, value);
}

template <class U>
U Decoder::read() {
  return detail::decode_value<U>(*this);
}

}  // namespace muster
