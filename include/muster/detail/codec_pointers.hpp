#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

#include <muster/detail/cereal_archive.hpp>
#include <muster/detail/codec_kind.hpp>
#include <muster/detail/codec_tuples.hpp>

// Smart pointers. cereal does those to polymorphic classes, by the registered name of the class,
// and those that share.
namespace muster::detail {

// cereal makes the pointee, too, where its class says how (load_and_construct), and where it can
// only be loaded into, not moved.
template <class T>
constexpr bool made_by_cereal() {
  if constexpr (std::is_polymorphic_v<T> ||
                cereal::traits::has_load_and_construct<T, CerealInput>::value) {
    return true;
  } else {
    return travel_kind<T>() == TravelKind::cereal && !std::is_move_constructible_v<T>;
  }
}

template <class T>
struct NativeCodec<std::unique_ptr<T>> : DynamicCodec<1> {
  static void encode(Encoder& out, const std::unique_ptr<T>& pointer) {
    if constexpr (made_by_cereal<T>()) {
      encode_cereal(out, pointer);
    } else {
      out.write(static_cast<std::uint8_t>(pointer != nullptr));
      if (pointer == nullptr) return;
      const Nesting nesting(out);
      encode_value<std::remove_const_t<T>>(out, *pointer);
    }
  }
  static std::unique_ptr<T> decode(Decoder& in) {
    if constexpr (made_by_cereal<T>()) {
      std::unique_ptr<T> pointer;
      decode_cereal(in, pointer);
      return pointer;
    } else {
      const auto present = in.read<std::uint8_t>();
      if (present > 1) throw_bad_presence(present);
      if (present == 0) return nullptr;
      const Nesting nesting(in);
      return std::unique_ptr<T>(new T(decode_value<std::remove_const_t<T>>(in)));
    }
  }
};

template <class Pointer>
struct SharingCodec : DynamicCodec<1> {
  static void encode(Encoder& out, const Pointer& pointer) { encode_cereal(out, pointer); }
  static Pointer decode(Decoder& in) {
    Pointer pointer;
    decode_cereal(in, pointer);
    return pointer;
  }
};
template <class T>
struct NativeCodec<std::shared_ptr<T>> : SharingCodec<std::shared_ptr<T>> {};
template <class T>
struct NativeCodec<std::weak_ptr<T>> : SharingCodec<std::weak_ptr<T>> {};

}  // namespace muster::detail
