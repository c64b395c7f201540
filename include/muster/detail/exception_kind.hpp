#pragma once

#include <exception>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <muster/codec.hpp>
#include <muster/detail/codec_kind.hpp>

// How an exception of one type travels as itself.
namespace muster::detail {

struct ExceptionKind {
  const std::type_info* type;
  const std::type_info* nesting_type;  // of one with another nested in it
  // Writes the exception that is being handled. REQUIRES: it is one of `type` or `nesting_type`.
  void (*encode)(Encoder& out);
  // Makes it again. If `nesting`, the exception being handled becomes nested in it.
  std::exception_ptr (*decode)(Decoder& in, bool nesting);
};

// What makes an E: by its own Codec or what else it has, or from what().
template <class E>
struct ExceptionFields {
  static constexpr bool kByCodec = travel_kind<E>() != TravelKind::refused;
  static constexpr bool kByText =
      std::is_constructible_v<E, std::string> && std::is_base_of_v<std::exception, E>;
  static_assert(kByCodec || kByText,
                "muster: an exception registered with MUSTER_REGISTER_EXCEPTION needs a Codec, or "
                "must derive from std::exception and have a constructor from std::string.");

  static void encode(Encoder& out, const E& error) {
    if constexpr (kByCodec) {
      encode_value(out, error);
    } else {
      encode_value(out, std::string(error.what()));
    }
  }
  static E decode(Decoder& in) {
    if constexpr (kByCodec) {
      return decode_value<E>(in);
    } else {
      return E(decode_value<std::string>(in));
    }
  }
};

// The type that std::throw_with_nested(E) throws.
template <class E>
constexpr const std::type_info* nesting_type() {
#ifdef __GLIBCXX__
  if constexpr (std::is_class_v<E> && !std::is_final_v<E> &&
                !std::is_base_of_v<std::nested_exception, E>) {
    return &typeid(std::_Nested_exception<E>);
  }
#endif
  return &typeid(E);
}

template <class E, class Fields = ExceptionFields<E>>
struct ExceptionKindOf {
  static void encode(Encoder& out) {
    try {
      throw;
    } catch (const E& error) {
      Fields::encode(out, error);
    }
  }
  static std::exception_ptr decode(Decoder& in, bool nesting) {
    E error = Fields::decode(in);
    try {
      if constexpr (std::is_class_v<E>) {
        if (nesting) std::throw_with_nested(std::move(error));
      }
      throw E(std::move(error));
    } catch (const E&) {
      return std::current_exception();
    }
  }
  static constexpr ExceptionKind kKind{&typeid(E), nesting_type<E>(), &encode, &decode};
};

// For ever; of two of one type the first counts. Thread safety: any.
void register_exception(const ExceptionKind& kind);

template <class E>
struct ExceptionRegistration {
  ExceptionRegistration() { register_exception(ExceptionKindOf<E>::kKind); }
};

}  // namespace muster::detail
