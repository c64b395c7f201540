#pragma once

#include <cstddef>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <muster/codec.hpp>
#include <muster/detail/address_guard.hpp>
#include <muster/detail/callable.hpp>
#include <muster/detail/named_code.hpp>
#include <muster/detail/task_arguments.hpp>
#include <muster/detail/task_refusal.hpp>
#include <muster/detail/type_layout.hpp>

// The bytes by which a journal tells the inputs of an item from others: what the callable captured,
// then the arguments, as they travel, but for padding, whose bytes mean nothing.
namespace muster::detail {

template <class T>
constexpr bool has_padding_to_clear() {
  // The copy that is cleared lies on the stack.
  constexpr std::size_t kMost = 4096;
  return std::is_class_v<T> && sizeof(T) <= kMost && can_clear_padding<T>() &&
         !std::has_unique_object_representations_v<T>;
}

template <class T>
void write_without_padding(Encoder& out, const T& value) {
  if constexpr (has_padding_to_clear<T>()) {
    alignas(T) std::byte bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    __builtin_clear_padding(reinterpret_cast<T*>(bytes));
    out.write(bytes, sizeof(T));
  } else {
    out.write(&value, sizeof(T));
  }
}

template <class T>
void encode_for_key(Encoder& out, const T& value) {
  if constexpr (travels_as_bytes<T>()) {
    write_without_padding(out, value);
  } else if constexpr (kIsA<T, std::vector>) {
    using Element = typename T::value_type;
    if constexpr (travels_as_bytes<Element>() && has_padding_to_clear<Element>()) {
      out.write(value.size());
      for (const Element& element : value) write_without_padding(out, element);
    } else {
      encode_value<T>(out, value);
    }
  } else {
    encode_value<T>(out, value);
  }
}

// Of a callable that travels. Throws EncodingError for captured addresses: the same bytes might
// mean something else in another run.
template <class F>
void encode_captures(Encoder& out, const F& callable) {
  if constexpr (kIsBitwise<F>) {
    using Inner = typename Unwrapped<F>::type;
    if constexpr (std::is_class_v<Inner> && !std::is_empty_v<Inner>)
      write_without_padding(out, callable.function);
  } else if constexpr (std::is_class_v<F> && !std::is_empty_v<F> && !kIsNamedTask<F>) {
    guard_callable(callable, true);
    write_without_padding(out, callable);
  }
}

// As encode_argument(), but what is converted is a copy: the item is still to be sent.
template <class Passing, class Arg>
constexpr bool kArgumentHasKey = std::is_constructible_v<typename Passing::Held, const Arg&> ||
                                 std::is_copy_constructible_v<Arg>;

template <class Passing, class Arg>
void encode_argument_for_key(Encoder& out, const Arg& arg) {
  using Held = typename Passing::Held;
  if constexpr (Passing::kIsView) {
    encode_argument<Passing>(out, arg);
  } else if constexpr (std::is_same_v<Arg, Held>) {
    if constexpr (requires { &Held::operator(); }) guard_callable(arg, true);
    encode_for_key(out, arg);
  } else if constexpr (StringFrom<Held, Arg>) {
    encode_argument<Passing>(out, arg);
  } else if constexpr (std::is_constructible_v<Held, const Arg&>) {
    encode_for_key(out, static_cast<Held>(arg));
  } else {
    encode_for_key(out, static_cast<Held>(Arg(arg)));
  }
}

// Whether T travels, found without complaint. Less sure than the compiler: what cereal writes does
// not count, because nobody can say whether its functions compile, nor what owns by a pointer.
// `Outer`: as in describe_layout().
template <class T, class... Outer>
constexpr bool surely_travels();

template <class... Outer, class... Ms>
constexpr bool all_surely_travel(TypeList<Ms...>) {
  return (surely_travels<std::remove_cv_t<Ms>, Outer...>() && ...);
}

template <class T>
inline constexpr bool kHoldsByTemplate =
    kIsA<T, std::pair> || kIsA<T, std::tuple> || kIsA<T, std::variant>;

template <class T, class... Outer>
constexpr bool surely_travels() {
  if constexpr ((std::is_same_v<T, Outer> || ...)) {
    return true;
  } else if constexpr (std::is_void_v<T>) {
    return true;
  } else if constexpr (std::is_array_v<T>) {
    return surely_travels<std::remove_cv_t<std::remove_all_extents_t<T>>, Outer...>();
  } else if constexpr (has_user_codec<T>()) {
    return true;
  } else if constexpr (refusal<T>() != Refusal::none) {
    return false;
  } else if constexpr (travels_as_bytes<T>()) {
    return true;
  } else if constexpr (travel_kind<T>() == TravelKind::aggregate) {
    return all_surely_travel<T, Outer...>(MemberTypes<T>{});
  } else if constexpr (travel_kind<T>() != TravelKind::native) {
    return false;
  } else if constexpr (kHoldsByTemplate<T>) {
    return all_surely_travel<T, Outer...>(typename ArgumentsOfTemplate<T>::type{});
  } else if constexpr (requires { typename T::value_type; }) {
    return surely_travels<std::remove_cv_t<typename T::value_type>, T, Outer...>();
  } else {
    return false;
  }
}

// How items of a map of F have keys. kPossible: whether they have.
template <class F, class Item>
struct TravelKeys;

template <class F, class... Args>
struct TravelKeys<F, std::tuple<Args...>> {
  static constexpr bool kPossible = [] {
    if constexpr (call_fault<F, Args...>() != CallFault::none) {
      return false;
    } else {
      return []<class... Ps>(TypeList<Ps...>) {
        return (kArgumentHasKey<Ps, Args> && ...);
      }(PassingsOf<F, Args...>{});
    }
  }();

  static void encode(Encoder& out, const std::tuple<Args...>& item) {
    std::apply(
        [&](const Args&... args) { encode_arguments(out, PassingsOf<F, Args...>{}, args...); },
        item);
  }

 private:
  template <class... Ps>
  static void encode_arguments(Encoder& out, TypeList<Ps...>, const Args&... args) {
    (encode_argument_for_key<Ps>(out, args), ...);
  }
};

template <class F, class R, class Item>
struct ThreadKeys;

template <class F, class R, class... Args>
struct ThreadKeys<F, R, std::tuple<Args...>> {
  static constexpr bool kPossible = [] {
    if constexpr (refusal_of_callable<F>() != CallableRefusal::none) {
      return false;
    } else {
      return surely_travels<R>() && (surely_travels<Args>() && ...);
    }
  }();

  static void encode(Encoder& out, const std::tuple<Args...>& item) {
    std::apply([&](const Args&... args) { (encode_for_key(out, args), ...); }, item);
  }
};

}  // namespace muster::detail
