#pragma once

#include <cstddef>
#include <type_traits>

#include <muster/detail/callable.hpp>
#include <muster/detail/callable_signature.hpp>
#include <muster/detail/task_arguments.hpp>

// Whether a call can be a task, found without complaint; and the sentence if it cannot.
namespace muster::detail {

// Matches arguments to the parameters that the callable declares.
template <class F, class Params, class... Args>
struct Pairing {
  static constexpr bool kMatches = false;
};
template <class F, class... Ps, class... Args>
  requires(sizeof...(Ps) == sizeof...(Args) && !std::is_member_pointer_v<F>)
struct Pairing<F, Parameters<Ps...>, Args...> {
  static constexpr bool kMatches = true;
  using Passings = TypeList<Parameter<Ps>...>;
};
template <class F, class... Ps, class Self, class... Args>
  requires(sizeof...(Ps) == sizeof...(Args) && std::is_member_pointer_v<F>)
struct Pairing<F, Parameters<Ps...>, Self, Args...> {
  static constexpr bool kMatches = true;
  using Passings = TypeList<Object<F, std::decay_t<Self>, Ps...>, Parameter<Ps>...>;
};

template <class... Args>
struct PairingAsGiven {
  static constexpr bool kMatches = true;
  using Passings = TypeList<Deduced<std::decay_t<Args>>...>;
};

// By the parameters where the callable has one signature, else as given.
template <class F, class... Args>
constexpr auto pairing_of() {
  using Declared = Signature<typename Unwrapped<F>::type>;
  if constexpr (Declared::kKnown) {
    return Pairing<F, typename Declared::Params, Args...>{};
  } else if constexpr (std::is_member_object_pointer_v<F>) {
    return Pairing<F, Parameters<>, Args...>{};
  } else {
    return PairingAsGiven<Args...>{};
  }
}

// How the arguments are passed: a TypeList of Parameter, Deduced and Object.
template <class F, class... Args>
using PassingsOf = typename decltype(pairing_of<F, Args...>())::Passings;

template <class Passing>
constexpr Refusal argument_refusal() {
  using Held = typename Passing::Held;
  if constexpr (Passing::kTakesReference) {
    return Refusal::reference;
  } else if constexpr (Passing::kIsView) {
    using Element = typename Held::value_type;
    if constexpr (!travels_as_bytes<Element>()) {
      return Refusal::view_of_others;
    } else {
      return alignof(Element) <= kRegionAlignment ? Refusal::none : Refusal::view_of_aligned;
    }
  } else {
    return refusal<Held>();
  }
}

template <class F, class... Passings, class... Args>
constexpr bool can_be_called(TypeList<Passings...>, TypeList<Args...>) {
  return (Passings::template kAccepts<Args> && ...) &&
         std::is_invocable_v<F&, typename Passings::Passed...>;
}

template <class F, class... Passings>
constexpr Refusal result_refusal(TypeList<Passings...>) {
  using Result = std::decay_t<std::invoke_result_t<F&, typename Passings::Passed...>>;
  if constexpr (std::is_void_v<Result>) {
    return Refusal::none;
  } else {
    return refusal<Result>();
  }
}

template <class... Passings>
constexpr bool arguments_refused(TypeList<Passings...>) {
  return ((argument_refusal<Passings>() != Refusal::none) || ...);
}

enum class CallFault { none, callable, number_of_arguments, argument, mismatch, result };

template <class F, class... Args>
constexpr CallFault call_fault() {
  if constexpr (refusal_of_callable<F>() != CallableRefusal::none) {
    return CallFault::callable;
  } else if constexpr (!decltype(pairing_of<F, Args...>())::kMatches) {
    return CallFault::number_of_arguments;
  } else {
    using Passings = PassingsOf<F, Args...>;
    if constexpr (arguments_refused(Passings{})) {
      return CallFault::argument;
    } else if constexpr (!can_be_called<F>(Passings{}, TypeList<Args...>{})) {
      return CallFault::mismatch;
    } else {
      return result_refusal<F>(Passings{}) == Refusal::none ? CallFault::none : CallFault::result;
    }
  }
}

template <class F, CallFault kFault>
struct CannotBeCalled {
  static_assert(kFault != CallFault::number_of_arguments,
                "muster: the callable takes another number of arguments. Default arguments do not "
                "travel with a function.");
  static_assert(kFault != CallFault::mismatch,
                "muster: the callable cannot be called with these arguments. A task gets its own "
                "copies: each argument must convert to its parameter, what cannot be copied must "
                "be moved in, and a generic callable is given rvalues.");
};

// Cannot be instantiated without the compiler saying why. That sizeof is asked, where a base class
// would do, keeps clang from going on about what follows.
template <class F, CallFault kFault, class Passings>
struct FaultOfCall {
  static_assert(sizeof(CannotBeCalled<F, kFault>) != 0);
};
template <class F>
struct FaultOfCall<F, CallFault::callable, void> {
  static_assert(sizeof(CallableCannotTravel<F, refusal_of_callable<F>()>) != 0);
};
template <class F, class... Passings>
struct FaultOfCall<F, CallFault::argument, TypeList<Passings...>> {
  static_assert(
      ((sizeof(CannotTravel<typename Passings::Held, argument_refusal<Passings>()>) != 0) && ...));
};
template <class F, class... Passings>
struct FaultOfCall<F, CallFault::result, TypeList<Passings...>> {
  using Result = std::decay_t<std::invoke_result_t<F&, typename Passings::Passed...>>;
  static_assert(sizeof(CannotTravel<Result, result_refusal<F>(TypeList<Passings...>{})>) != 0);
};

template <class F, class... Args>
constexpr auto fault_of_call() {
  constexpr CallFault kFault = call_fault<F, Args...>();
  if constexpr (kFault == CallFault::callable || kFault == CallFault::number_of_arguments) {
    return std::type_identity<FaultOfCall<F, kFault, void>>{};
  } else {
    return std::type_identity<FaultOfCall<F, kFault, PassingsOf<F, Args...>>>{};
  }
}

template <class F, class... Args>
using CallCannotTravel = typename decltype(fault_of_call<F, Args...>())::type;

}  // namespace muster::detail
