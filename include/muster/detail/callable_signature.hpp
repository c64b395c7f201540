#pragma once

#include <cstddef>
#include <type_traits>

namespace muster::detail {

template <class... Ps>
struct Parameters {
  static constexpr std::size_t kCount = sizeof...(Ps);
};

// What a callable takes, where it takes one thing only: kKnown, and `Params`. Unknown for generic
// lambdas, overloaded call operators and C's variadic functions. Of a pointer to member, the
// parameters after the object.
template <class F>
struct Signature {
  static constexpr bool kKnown = false;
};

template <class... Ps>
struct KnownSignature {
  static constexpr bool kKnown = true;
  using Params = Parameters<Ps...>;
};

template <class R, class... Ps>
struct Signature<R (*)(Ps...)> : KnownSignature<Ps...> {};
template <class R, class... Ps>
struct Signature<R (*)(Ps...) noexcept> : KnownSignature<Ps...> {};

// A type's member functions differ by 24 combinations of qualifiers.
#define MUSTER_SIGNATURE(qualifiers)       \
  template <class R, class C, class... Ps> \
  struct Signature<R (C::*)(Ps...) qualifiers> : KnownSignature<Ps...> {};
#define MUSTER_SIGNATURES(cv)    \
  MUSTER_SIGNATURE(cv)           \
  MUSTER_SIGNATURE(cv&)          \
  MUSTER_SIGNATURE(cv&&)         \
  MUSTER_SIGNATURE(cv noexcept)  \
  MUSTER_SIGNATURE(cv& noexcept) \
  MUSTER_SIGNATURE(cv&& noexcept)

MUSTER_SIGNATURES()
MUSTER_SIGNATURES(const)
MUSTER_SIGNATURES(volatile)
MUSTER_SIGNATURES(const volatile)

#undef MUSTER_SIGNATURES
#undef MUSTER_SIGNATURE

// A class with one call operator that is no template has that operator's signature.
template <class F>
  requires requires { &F::operator(); }
struct Signature<F> : Signature<decltype(&F::operator())> {};

}  // namespace muster::detail
