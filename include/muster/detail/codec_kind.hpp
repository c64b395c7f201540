#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <muster/decoder.hpp>
#include <muster/detail/plain_bytes.hpp>
#include <muster/detail/travel.hpp>
#include <muster/encoder.hpp>

namespace muster {
template <class T>
struct Codec;
}

// How each type travels, decided when compiling, and how many bytes it takes.
namespace muster::detail {

template <class T>
void encode_default(Encoder& out, const T& value);
template <class T>
T decode_default(Decoder& in);

// Specialised for what the standard library has: encode, decode, kExists = true, kFixedSize
// (kDynamicSize where it depends on the value) and kLeastSize.
template <class T>
struct NativeCodec {
  static constexpr bool kExists = false;
};

inline constexpr std::size_t kDynamicSize = std::numeric_limits<std::size_t>::max();

// What most specialisations of NativeCodec say of themselves.
template <std::size_t kLeast>
struct DynamicCodec {
  static constexpr bool kExists = true;
  static constexpr std::size_t kFixedSize = kDynamicSize;
  static constexpr std::size_t kLeastSize = kLeast;
};

template <class T>
constexpr bool has_user_codec() {
  if constexpr (!std::is_object_v<T> || std::is_array_v<T> || std::is_abstract_v<T>) {
    return false;
  } else {
    static_assert(sizeof(Codec<T>) != 0, "<muster/codec.hpp> is not included");
    return !requires { typename Codec<T>::MusterDefault; };
  }
}

template <class T>
constexpr bool travels_as_bytes();

template <class... Ms>
constexpr bool all_travel_as_bytes(TypeList<Ms...>) {
  return (travels_as_bytes<std::remove_cv_t<Ms>>() && ...);
}

template <class T>
constexpr bool travels_as_bytes() {
  if constexpr (std::is_array_v<T>) {
    return travels_as_bytes<std::remove_cv_t<std::remove_all_extents_t<T>>>();
  } else if constexpr (has_user_codec<T>()) {
    return false;
  } else if constexpr (kIsStdArray<T>) {
    return travels_as_bytes<std::remove_cv_t<typename T::value_type>>();
  } else if constexpr (NativeCodec<T>::kExists || refusal_by_name<T>() != Refusal::none) {
    return false;
  } else if constexpr (kIsFunctionPointer<T> || std::is_member_function_pointer_v<T>) {
    return false;
  } else if constexpr (!is_plain_bytes<T>()) {
    return false;
  } else if constexpr (OpenAggregate<T>) {
    return all_travel_as_bytes(MemberTypes<T>{});
  } else {
    return true;
  }
}

// Has cereal's functions for our archives. Defined in cereal_archive.hpp.
template <class T>
constexpr bool has_cereal_functions();

template <class T>
constexpr bool member_refused() {
  return !has_user_codec<T>() && !std::is_array_v<T> && refusal_by_name<T>() != Refusal::none;
}
template <class... Ms>
constexpr bool any_member_refused(TypeList<Ms...>) {
  return (member_refused<std::remove_cv_t<Ms>>() || ...);
}

template <class... Ms>
constexpr bool any_member_atomic(TypeList<Ms...>) {
  return ((refusal_by_name<std::remove_cv_t<Ms>>() == Refusal::atomic) || ...);
}

// A C array can only be filled, element by element, in an aggregate that was there before.
template <class M>
constexpr bool can_be_filled() {
  using Element = std::remove_all_extents_t<M>;
  return !std::is_array_v<M> || (!std::is_const_v<Element> && std::is_move_assignable_v<Element>);
}
template <class T, class... Ms>
constexpr bool arrays_can_be_filled(TypeList<Ms...>) {
  return !(std::is_array_v<Ms> || ...) || (kTakesEmptyBraces<T, 0> && (can_be_filled<Ms>() && ...));
}

enum class TravelKind { user, bytes, native, code, cereal, aggregate, refused };

template <class T>
constexpr TravelKind travel_kind();

// Why T cannot travel; none if it can, so far as T itself says.
template <class T>
constexpr Refusal refusal() {
  if constexpr (travel_kind<T>() != TravelKind::refused) {
    return Refusal::none;
  } else if constexpr (refusal_by_name<T>() != Refusal::none) {
    return refusal_by_name<T>();
  } else if constexpr (OpenAggregate<T>) {
    if constexpr (any_member_atomic(MemberTypes<T>{})) {
      return Refusal::atomic;
    } else {
      return any_member_refused(MemberTypes<T>{}) ? Refusal::pointer_member : Refusal::no_codec;
    }
  } else {
    return Refusal::no_codec;
  }
}

template <class T>
constexpr TravelKind travel_kind() {
  if constexpr (has_user_codec<T>()) {
    return TravelKind::user;
  } else if constexpr (refusal_by_name<T>() != Refusal::none) {
    return TravelKind::refused;
  } else if constexpr (travels_as_bytes<T>()) {
    return TravelKind::bytes;
  } else if constexpr (NativeCodec<T>::kExists) {
    return TravelKind::native;
  } else if constexpr (kIsFunctionPointer<T> || std::is_member_function_pointer_v<T>) {
    return TravelKind::code;
  } else if constexpr (has_cereal_functions<T>()) {
    return TravelKind::cereal;
  } else if constexpr (OpenAggregate<T>) {
    return any_member_refused(MemberTypes<T>{}) || !arrays_can_be_filled<T>(MemberTypes<T>{})
               ? TravelKind::refused
               : TravelKind::aggregate;
  } else {
    return TravelKind::refused;
  }
}

// Fails to compile, with the sentence that says why.
template <class T>
void refuse() {
  [[maybe_unused]] CannotTravel<T, refusal<T>()> told;
}

template <class T>
constexpr std::size_t fixed_size();
template <class T>
constexpr std::size_t least_size();

constexpr std::size_t add_sizes(std::size_t a, std::size_t b) {
  return a == kDynamicSize || b == kDynamicSize ? kDynamicSize : a + b;
}

template <class... Ts>
constexpr std::size_t sum_of_fixed_sizes(TypeList<Ts...>) {
  std::size_t sum = 0;
  ((sum = add_sizes(sum, fixed_size<std::remove_cv_t<Ts>>())), ...);
  return sum;
}
template <class... Ts>
constexpr std::size_t sum_of_least_sizes(TypeList<Ts...>) {
  return (std::size_t{0} + ... + least_size<std::remove_cv_t<Ts>>());
}

// Encoded bytes of every T, or kDynamicSize. Pointers to functions count as dynamic, so that what
// is fixed can be encoded without knowing the reader's modules.
template <class T>
constexpr std::size_t fixed_size() {
  if constexpr (std::is_array_v<T> && !travels_as_bytes<T>()) {
    constexpr std::size_t kOne = fixed_size<std::remove_cv_t<std::remove_extent_t<T>>>();
    return kOne == kDynamicSize ? kDynamicSize : kOne * std::extent_v<T>;
  } else if constexpr (travels_as_bytes<T>()) {
    return sizeof(T);
  } else if constexpr (travel_kind<T>() == TravelKind::native) {
    return NativeCodec<T>::kFixedSize;
  } else if constexpr (travel_kind<T>() == TravelKind::aggregate) {
    return sum_of_fixed_sizes(MemberTypes<T>{});
  } else {
    return kDynamicSize;
  }
}

// What every T takes at the least: what a length read from outside is held against.
template <class T>
constexpr std::size_t least_size() {
  if constexpr (std::is_array_v<T> && !travels_as_bytes<T>()) {
    return least_size<std::remove_cv_t<std::remove_extent_t<T>>>() * std::extent_v<T>;
  } else if constexpr (travels_as_bytes<T>()) {
    return sizeof(T);
  } else if constexpr (travel_kind<T>() == TravelKind::native) {
    return NativeCodec<T>::kLeastSize;
  } else if constexpr (travel_kind<T>() == TravelKind::aggregate) {
    return sum_of_least_sizes(MemberTypes<T>{});
  } else {
    return travel_kind<T>() == TravelKind::code ? sizeof(std::uint64_t) : 0;
  }
}

// Counts how deep values lie in values, so that neither a list of a million nodes nor bytes that
// claim one overflow the stack. Few large ones would overflow it as well: `larger` is what each
// value that is about to be made takes of it.
class Nesting {
 public:
  explicit Nesting(Encoder& out) : Nesting(out.depth(), 0) {}
  explicit Nesting(Decoder& in, std::size_t larger = 0) : Nesting(in.depth(), larger) {}
  ~Nesting() { --depth_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

  static constexpr unsigned kMost = 500;

 private:
  Nesting(unsigned& depth, std::size_t larger) : depth_(depth) {
    if (depth_ == kMost) throw_too_deep();
    // What lies in nothing else is as large as its type says, whatever the bytes are.
    if (depth_ != 0 && !stack_has(__builtin_frame_address(0), larger)) throw_too_large();
    ++depth_;
  }
  static bool stack_has(const void* frame, std::size_t size);
  [[noreturn]] static void throw_too_deep();
  [[noreturn]] void throw_too_large() const;

  unsigned& depth_;
};

template <class T>
void encode_value(Encoder& out, const T& value) {
  if constexpr (has_user_codec<T>()) {
    const Nesting nesting(out);
    Codec<T>::encode(out, value);
  } else if constexpr (refusal<T>() == Refusal::none) {
    encode_default(out, value);
  } else {
    refuse<T>();
  }
}

template <class T>
T decode_value(Decoder& in) {
  if constexpr (has_user_codec<T>()) {
    const Nesting nesting(in);
    return Codec<T>::decode(in);
  } else if constexpr (refusal<T>() == Refusal::none) {
    return decode_default<T>(in);
  } else {
    refuse<T>();
  }
}

}  // namespace muster::detail
