#pragma once

#include <cstddef>
#include <cstdlib>
#include <type_traits>
#include <utility>

#include <boost/preprocessor/repetition/enum.hpp>
#include <boost/preprocessor/repetition/enum_params.hpp>
#include <boost/preprocessor/repetition/repeat_from_to.hpp>

// The members of a plain aggregate: how many, their types, and references to them. Boost.PFR does
// not compile for aggregates with C arrays, bit-fields or base classes, which must travel as
// bytes, or at least be looked at; here their types are found without binding references to them.
namespace muster::detail {

template <class... Ts>
struct TypeList {};

// Converts to anything but the aggregate itself, by reference or by value. Never called: only
// whether it could be is asked.
template <class Aggregate>
struct AnyLvalue {
  template <class U>
    requires(!std::is_same_v<std::remove_cv_t<U>, Aggregate>)
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator U&() const noexcept {
    std::abort();
  }
};
template <class Aggregate>
struct AnyRvalue {
  template <class U>
    requires(!std::is_same_v<std::remove_cv_t<U>, Aggregate>)
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator U() const noexcept {
    std::abort();
  }
};
template <class Aggregate>
struct AnyBase {
  template <class U>
    requires(std::is_base_of_v<U, Aggregate> && !std::is_same_v<U, Aggregate>)
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator U() const noexcept {
    std::abort();
  }
};
struct AnyUnion {
  template <class U>
    requires std::is_union_v<U>
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator U() const noexcept {
    std::abort();
  }
};

template <class Probe, std::size_t>
using Repeated = Probe;

template <class T, class Probe, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { T{Repeated<Probe, I>{}...}; };
}
// T takes probes, braces around `kIn` more of them, and then others.
template <class T, class Probe, std::size_t... kBefore, std::size_t... kIn, std::size_t... kAfter>
constexpr bool takes_nested(std::index_sequence<kBefore...>, std::index_sequence<kIn...>,
                            std::index_sequence<kAfter...>) {
  return requires {
    T{Repeated<Probe, kBefore>{}..., {Repeated<Probe, kIn>{}...}, Repeated<Probe, kAfter>{}...};
  };
}
template <class T, class Probe, std::size_t... kBefore, std::size_t... kAfter>
constexpr bool takes_union(std::index_sequence<kBefore...>, std::index_sequence<kAfter...>) {
  return requires { T{Repeated<Probe, kBefore>{}..., AnyUnion{}, Repeated<Probe, kAfter>{}...}; };
}

inline constexpr std::size_t kMaxMembers = 64;

// Binder<N> takes an aggregate of N members apart. kTakesEmptyBraces<T, N>: T can be made from N
// times {}; kTakesMore<T, N>: and another value; kTakesUnion<T, N>: and a union.
template <std::size_t N>
struct Binder;
template <class T, std::size_t N>
inline constexpr bool kTakesEmptyBraces = false;
template <class T, std::size_t N>
inline constexpr bool kTakesMore = false;
template <class T, std::size_t N>
inline constexpr bool kTakesUnion = false;

template <>
struct Binder<0> {
  template <class T>
  static TypeList<> types(T&);
  template <class T, class F>
  static constexpr decltype(auto) apply(T&, F&& f) {
    return f();
  }
};
template <class T>
inline constexpr bool kTakesEmptyBraces<T, 0> = requires { T{}; };
template <class T>
inline constexpr bool kTakesMore<T, 0> = requires { T{AnyLvalue<T>{}}; };
template <class T>
inline constexpr bool kTakesUnion<T, 0> = requires { T{AnyUnion{}}; };

#define MUSTER_EMPTY_BRACES(z, n, text) \
  {}
#define MUSTER_TYPE_OF_MEMBER(z, n, text) decltype(m##n)
#define MUSTER_BINDER(z, n, text)                                    \
  template <>                                                        \
  struct Binder<n> {                                                 \
    template <class T>                                               \
    static auto types(T& value) {                                    \
      [[maybe_unused]] auto& [BOOST_PP_ENUM_PARAMS(n, m)] = value;   \
      return TypeList<BOOST_PP_ENUM(n, MUSTER_TYPE_OF_MEMBER, ~)>{}; \
    }                                                                \
    template <class T, class F>                                      \
    static constexpr decltype(auto) apply(T& value, F&& f) {         \
      auto& [BOOST_PP_ENUM_PARAMS(n, m)] = value;                    \
      return f(BOOST_PP_ENUM_PARAMS(n, m));                          \
    }                                                                \
  };                                                                 \
  template <class T>                                                 \
  inline constexpr bool kTakesEmptyBraces<T, n> =                    \
      requires { T{BOOST_PP_ENUM(n, MUSTER_EMPTY_BRACES, ~)}; };     \
  template <class T>                                                 \
  inline constexpr bool kTakesMore<T, n> = requires {                \
    T{BOOST_PP_ENUM(n, MUSTER_EMPTY_BRACES, ~), AnyLvalue<T>{}};     \
  };                                                                 \
  template <class T>                                                 \
  inline constexpr bool kTakesUnion<T, n> = requires {               \
    T{BOOST_PP_ENUM(n, MUSTER_EMPTY_BRACES, ~), AnyUnion{}};         \
  };

BOOST_PP_REPEAT_FROM_TO(1, 65, MUSTER_BINDER, ~)

#undef MUSTER_BINDER
#undef MUSTER_TYPE_OF_MEMBER
#undef MUSTER_EMPTY_BRACES

template <class T, std::size_t N = 0>
constexpr std::size_t count_by_braces() {
  if constexpr (N < kMaxMembers && kTakesEmptyBraces<T, N + 1>) {
    return count_by_braces<T, N + 1>();
  } else {
    return N;
  }
}

// The most probes that T takes, of which it may need some: a member without a default.
template <class T, class Probe, std::size_t N = 0, bool kFound = false>
constexpr std::size_t count_by_probes() {
  constexpr bool kTakes = takes<T, Probe>(std::make_index_sequence<N>{});
  if constexpr (kFound && !kTakes) {
    return N - 1;
  } else if constexpr (N <= kMaxMembers) {
    return count_by_probes<T, Probe, N + 1, kTakes>();
  } else {
    return N;
  }
}

// How many of kTaken probes the member takes that follows the first kBefore of them: one, or as
// many as a C array has elements. Braces around these take no other number of them and leave no
// room for another probe, where those around what one probe makes do.
template <class T, class Probe, std::size_t kTaken, std::size_t kBefore, std::size_t kIn = 2>
constexpr std::size_t probes_of_member() {
  if constexpr (kBefore + kIn > kTaken) {
    return 1;
  } else {
    constexpr std::make_index_sequence<kBefore> kFirst;
    constexpr std::make_index_sequence<kIn> kNested;
    constexpr std::size_t kAfter = kTaken - kBefore - kIn;
    if constexpr (takes_nested<T, Probe>(kFirst, kNested, std::make_index_sequence<kAfter>{}) &&
                  !takes_nested<T, Probe>(kFirst, kNested,
                                          std::make_index_sequence<kAfter + 1>{})) {
      return kIn;
    } else {
      return probes_of_member<T, Probe, kTaken, kBefore, kIn + 1>();
    }
  }
}

template <class T, class Probe, std::size_t kTaken, std::size_t kBefore = 0, std::size_t kCount = 0>
constexpr std::size_t count_probed_members() {
  if constexpr (kTaken > kMaxMembers || kBefore >= kTaken) {
    return kTaken > kMaxMembers ? kTaken : kCount;
  } else {
    constexpr std::size_t kOfThis = probes_of_member<T, Probe, kTaken, kBefore>();
    return count_probed_members<T, Probe, kTaken, kBefore + kOfThis, kCount + 1>();
  }
}

// Values first: what can only be moved takes no reference, and Clang does not get over asking an
// aggregate of such values that holds itself. Members that are references take no value.
template <class T>
constexpr std::size_t count_by_either_probe() {
  constexpr std::size_t kMoved = count_by_probes<T, AnyRvalue<T>>();
  if constexpr (kMoved <= kMaxMembers) {
    return count_probed_members<T, AnyRvalue<T>, kMoved>();
  } else {
    return count_probed_members<T, AnyLvalue<T>, count_by_probes<T, AnyLvalue<T>>()>();
  }
}

// kMaxMembers + 1 where there are more or it cannot be told. Probes are needed where a member has
// no default; they count the elements of a C array, empty braces the array.
template <class T>
constexpr std::size_t count_members() {
  if constexpr (kTakesEmptyBraces<T, 0>) {
    constexpr std::size_t kCount = count_by_braces<T>();
    if constexpr (!kTakesMore<T, kCount>) {
      return kCount;
    } else {
      return count_by_either_probe<T>();
    }
  } else {
    return count_by_either_probe<T>();
  }
}

template <class T, class Probe, std::size_t... I>
constexpr bool has_union_among(std::index_sequence<I...>) {
  return (takes_union<T, Probe>(std::make_index_sequence<I>{},
                                std::make_index_sequence<sizeof...(I) - 1 - I>{}) ||
          ...);
}
template <class T, std::size_t N, std::size_t... I>
constexpr bool has_union(std::index_sequence<I...>) {
  if constexpr (kTakesEmptyBraces<T, N>) {
    return (kTakesUnion<T, I> || ...);
  } else {
    constexpr std::size_t kMoved = count_by_probes<T, AnyRvalue<T>>();
    if constexpr (kMoved <= kMaxMembers) {
      return has_union_among<T, AnyRvalue<T>>(std::make_index_sequence<kMoved>{});
    } else {
      constexpr std::size_t kCopied = count_by_probes<T, AnyLvalue<T>>();
      return has_union_among<T, AnyLvalue<T>>(std::make_index_sequence<kCopied>{});
    }
  }
}

// What is in a union, a base class or beyond the 64th member cannot be seen.
template <class T>
constexpr bool members_can_be_seen() {
  if constexpr (!std::is_aggregate_v<T> || !std::is_class_v<T>) {
    return false;
  } else if constexpr (requires { T{AnyBase<T>{}}; }) {
    return false;
  } else {
    constexpr std::size_t kCount = count_members<T>();
    if constexpr (kCount > kMaxMembers) {
      return false;
    } else {
      return !has_union<T, kCount>(std::make_index_sequence<kCount>{});
    }
  }
}

template <class T>
concept OpenAggregate = members_can_be_seen<T>();

// TypeList of the members' declared types: references and C arrays as such.
template <OpenAggregate T>
using MemberTypes = decltype(Binder<count_members<T>()>::types(std::declval<T&>()));

// Calls f(member, ...) with the members in order, and gives what it returns.
template <class T, class F>
constexpr decltype(auto) apply_to_members(T& value, F&& f) {
  return Binder<count_members<std::remove_const_t<T>>()>::apply(value, std::forward<F>(f));
}

}  // namespace muster::detail
