#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <type_traits>

#include <muster/bitwise.hpp>
#include <muster/decoder.hpp>
#include <muster/detail/address_guard.hpp>
#include <muster/detail/function_code.hpp>
#include <muster/detail/plain_bytes.hpp>
#include <muster/detail/travel.hpp>
#include <muster/encoder.hpp>

// How callables travel: pointers to functions as codes, classes as bytes.
namespace muster::detail {

enum class CallableRefusal { none, std_function, reference_wrapper, no_callable, owner, pointer };

template <class F>
inline constexpr bool kIsBitwise = kIsA<F, Bitwise>;

// What a callable is once bitwise() is taken off.
template <class F>
struct Unwrapped {
  using type = F;
};
template <class F>
struct Unwrapped<Bitwise<F>> {
  using type = F;
};

// The first bytes of the encoded callable are a FunctionCode.
template <class F>
inline constexpr bool kTravelsAsCode = kIsFunctionPointer<typename Unwrapped<F>::type>;

template <class F>
constexpr CallableRefusal refusal_of_callable() {
  using Inner = typename Unwrapped<F>::type;
  if constexpr (kIsFunctionPointer<Inner> || std::is_member_pointer_v<Inner>) {
    return CallableRefusal::none;
  } else if constexpr (kIsA<Inner, std::function>) {
    return CallableRefusal::std_function;
  } else if constexpr (kIsA<Inner, std::reference_wrapper>) {
    return CallableRefusal::reference_wrapper;
  } else if constexpr (!std::is_class_v<Inner>) {
    return CallableRefusal::no_callable;
  } else if constexpr (!is_plain_bytes<Inner>()) {
    return CallableRefusal::owner;
  } else if constexpr (!kIsBitwise<F> && holds_address<Inner>()) {
    return CallableRefusal::pointer;
  } else {
    return CallableRefusal::none;
  }
}

// Instantiated for a callable that cannot travel, so that the compiler names type and reason.
template <class F, CallableRefusal kWhy>
struct CallableCannotTravel {
  static_assert(kWhy != CallableRefusal::std_function,
                "muster: a std::function cannot be a task of a process pool, nobody knows what it "
                "holds. Submit the function or lambda itself.");
  static_assert(kWhy != CallableRefusal::reference_wrapper,
                "muster: a std::reference_wrapper cannot be a task of a process pool, it is an "
                "address. Submit the callable itself.");
  static_assert(kWhy != CallableRefusal::no_callable,
                "muster: a task must be a function, a pointer to member, a lambda or an object "
                "with a call operator.");
  static_assert(kWhy != CallableRefusal::owner,
                "muster: this callable cannot be a task of a process pool: it is not trivially "
                "copyable, so its captures own memory or more. Capture plain values only, and "
                "pass strings, vectors and other owners as arguments of the task.");
  static_assert(kWhy != CallableRefusal::pointer,
                "muster: a member of this callable is a pointer, a reference or a view, which "
                "mean nothing in another process. Pass the values as arguments of the task, or "
                "say muster::bitwise(fn) if the address is good in the worker too.");
};

// Throws EncodingError for captured addresses; see address_guard.hpp.
template <class F>
void guard_callable(const F& function, bool code_moves) {
  if constexpr (std::is_class_v<F> && !kIsBitwise<F>) guard_captures(function, code_moves);
}
// For the reader of what is encoded.
template <class F>
void guard_callable(const F& function, const Encoder& out) {
  guard_callable(function, out.modules() != nullptr && out.modules()->code_moves());
}

// Encoded bytes of a callable.
template <class F>
constexpr std::size_t callable_size() {
  using Inner = typename Unwrapped<F>::type;
  if constexpr (kIsFunctionPointer<Inner>) {
    return sizeof(FunctionCode);
  } else if constexpr (std::is_member_function_pointer_v<Inner>) {
    return sizeof(MemberFunctionCode);
  } else {
    return std::is_empty_v<Inner> ? 0 : sizeof(Inner);
  }
}

// Without the guard. Throws EncodingError for a null pointer and for a function in a module that
// the reader does not know.
template <class F>
void encode_callable(Encoder& out, const F& function) {
  if constexpr (kIsBitwise<F>) {
    encode_callable(out, function.function);
  } else if constexpr (kIsFunctionPointer<F> || std::is_member_function_pointer_v<F>) {
    if (function == nullptr) [[unlikely]]
      throw_null_callable();
    encode_function(out, function);
  } else if constexpr (!std::is_empty_v<F>) {
    out.write(&function, sizeof(F));
  }
}

template <class F>
F decode_callable(Decoder& in) {
  if constexpr (kIsBitwise<F>) {
    return F{decode_callable<typename Unwrapped<F>::type>(in)};
  } else if constexpr (kIsFunctionPointer<F> || std::is_member_function_pointer_v<F>) {
    return decode_function<F>(in);
  } else if constexpr (std::is_empty_v<F>) {
    return value_of_bytes<F>(std::array<std::byte, sizeof(F)>{}.data());
  } else {
    return value_of_bytes<F>(in.view(sizeof(F)));
  }
}

}  // namespace muster::detail
