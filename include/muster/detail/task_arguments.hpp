#pragma once

#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <muster/detail/callable.hpp>
#include <muster/detail/codec_block.hpp>
#include <muster/detail/codec_kind.hpp>

// One argument of a task: converted and encoded in the client, held and passed in the worker.
namespace muster::detail {

[[noreturn]] void throw_wrong_extent(std::size_t expected, std::size_t count);

template <class T>
inline constexpr bool kIsReadView = false;
template <class T, std::size_t N>
inline constexpr bool kIsReadView<std::span<const T, N>> = true;
template <class C, class Traits>
inline constexpr bool kIsReadView<std::basic_string_view<C, Traits>> = true;

// For a parameter declared as P by a callable with one signature.
template <class P>
struct Parameter {
  using Held = std::remove_cvref_t<P>;
  static constexpr bool kIsView = kIsReadView<Held>;
  static constexpr bool kTakesReference =
      std::is_lvalue_reference_v<P> && !std::is_const_v<std::remove_reference_t<P>>;

  template <class Arg>
  static constexpr bool kAccepts = std::is_convertible_v<Arg, Held>;

  using Passed = P&&;
  static Passed pass(Held& held) { return static_cast<P&&>(held); }
};

// For an argument of a callable that does not say what it takes.
template <class T>
struct Deduced {
  using Held = T;
  static constexpr bool kIsView = false;
  static constexpr bool kTakesReference = false;

  template <class Arg>
  static constexpr bool kAccepts = std::is_constructible_v<Held, Arg>;

  using Passed = T&&;
  static Passed pass(Held& held) { return static_cast<T&&>(held); }
};

// For the object that a pointer to member M is applied to.
template <class M, class T, class... Rest>
struct Object : Deduced<T> {
  static constexpr bool kAsLvalue = std::is_invocable_v<M, T&, Rest...>;

  using Passed = std::conditional_t<kAsLvalue, T&, T&&>;
  static Passed pass(T& held) { return static_cast<Passed>(held); }
};

template <class T, class Arg>
concept StringFrom =
    kIsA<T, std::basic_string> &&
    std::is_convertible_v<const Arg&,
                          std::basic_string_view<typename T::value_type, typename T::traits_type>>;

template <class View>
void encode_view(Encoder& out, const View& view) {
  encode_block(out, view.data(), view.size());
}

// Encodes the argument as what the worker holds. What is the right type already is read where it
// is; nothing is moved from, so that a submit that fails has lost nothing.
template <class Passing, class Arg>
void encode_argument(Encoder& out, Arg&& arg) {
  using Held = typename Passing::Held;
  using Given = std::remove_cvref_t<Arg>;
  if constexpr (Passing::kIsView) {
    encode_view(out, static_cast<Held>(std::forward<Arg>(arg)));
  } else if constexpr (std::is_same_v<Given, Held>) {
    // A lambda may capture addresses here as well as where it is the task itself.
    if constexpr (requires { &Held::operator(); }) guard_callable(arg, out);
    encode_value<Held>(out, arg);
  } else if constexpr (StringFrom<Held, Given>) {
    using View = std::basic_string_view<typename Held::value_type, typename Held::traits_type>;
    encode_view(out, View(arg));
  } else {
    encode_value<Held>(out, static_cast<Held>(std::forward<Arg>(arg)));
  }
}

template <class Passing>
typename Passing::Held decode_argument(Decoder& in) {
  using Held = typename Passing::Held;
  if constexpr (Passing::kIsView) {
    const auto block = view_block<typename Held::value_type>(in);
    if constexpr (kIsSpan<Held>) {
      constexpr std::size_t kExtent = Held::extent;
      if (kExtent != std::dynamic_extent && block.size() != kExtent) {
        throw_wrong_extent(kExtent, block.size());
      }
      return Held(block.data(), block.size());
    } else {
      return Held(block.data(), block.size());
    }
  } else {
    return decode_value<Held>(in);
  }
}

template <class Passing>
constexpr std::size_t fixed_argument_size() {
  if constexpr (Passing::kIsView) {
    return kDynamicSize;
  } else {
    return fixed_size<typename Passing::Held>();
  }
}

// Whether encode_argument() of a T writes the bytes of the T and nothing else.
template <class Passing, class T>
constexpr bool argument_is_its_bytes() {
  if constexpr (Passing::kIsView || !std::is_same_v<typename Passing::Held, T>) {
    return false;
  } else {
    return !requires { &T::operator(); } && travels_as_bytes<T>() && fixed_size<T>() == sizeof(T);
  }
}

// Encoded bytes: exact for fixed sizes, an upper bound for contiguous values, else a guess.
template <class Passing, class Arg>
std::size_t argument_size_hint(const Arg& arg) {
  constexpr std::size_t kFixed = fixed_argument_size<Passing>();
  constexpr std::size_t kGuess = 64;
  if constexpr (kFixed != kDynamicSize) {
    return kFixed;
  } else if constexpr (requires { NativeCodec<typename Passing::Held>::kSizeHint; }) {
    return NativeCodec<typename Passing::Held>::kSizeHint;
  } else if constexpr (requires {
                         std::size(arg);
                         std::data(arg);
                       } && !std::is_array_v<Arg>) {
    using Element = std::remove_cvref_t<decltype(*std::data(arg))>;
    if constexpr (travels_as_bytes<Element>()) {
      return block_size<Element>(std::size(arg));
    } else {
      return kGuess + std::size(arg) * sizeof(Element);
    }
  } else if constexpr (requires { std::size(arg); }) {
    return kGuess + std::size(arg) * 2 * sizeof(void*);
  } else {
    return kGuess;
  }
}

}  // namespace muster::detail
