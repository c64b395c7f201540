#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

#include <muster/codec.hpp>
#include <muster/detail/callable.hpp>
#include <muster/detail/huge_pages.hpp>
#include <muster/detail/result_view.hpp>
#include <muster/detail/task_arguments.hpp>
#include <muster/detail/task_context.hpp>
#include <muster/detail/task_refusal.hpp>
#include <muster/detail/task_type.hpp>

// A call as it travels: the callable, then the arguments one after another.
namespace muster::detail {

template <class R>
void encode_result(Encoder& out, const R& value) {
  encode_value<R>(out, value);
}

// A container of plain values, which nobody sees end.
template <class R>
void destroy_when_told(R&& value) {
  struct Kept final : Leftover {
    explicit Kept(R&& given) : value(std::move(given)) {}
    R value;
  };
  TaskContext* const context = TaskContext::current();
  if (context == nullptr) return;
  std::unique_ptr<Leftover> kept(new (std::nothrow) Kept(std::move(value)));
  if (kept != nullptr) context->destroy_later(std::move(kept));
}

// Reads what a task of result type R (decayed; void: nothing) wrote.
template <class R>
R decode_result(Decoder& in) {
  if constexpr (!std::is_void_v<R>) return decode_value<R>(in);
}

// A callable and how its arguments are passed, whatever was given to submit: one thunk and one
// TaskType each.
template <class F, class... Passings>
struct TaskCode {
  using Callable = F;
  using Arguments = std::tuple<typename Passings::Held...>;
  using Returned = std::invoke_result_t<Callable&, typename Passings::Passed...>;
  using Result = std::decay_t<Returned>;

  static Callable decode_callable(Decoder& in) { return detail::decode_callable<Callable>(in); }

  // Braces evaluate from left to right.
  static Arguments decode_arguments([[maybe_unused]] Decoder& in) {
    return Arguments{decode_argument<Passings>(in)...};
  }

  static Returned invoke(Callable& callable, Arguments& arguments) {
    return std::apply(
        [&](auto&... held) -> Returned { return std::invoke(callable, Passings::pass(held)...); },
        arguments);
  }

  static void invoke_and_encode(Callable& callable, Arguments& arguments, Encoder& result) {
    if constexpr (std::is_void_v<Returned>) {
      invoke(callable, arguments);
    } else {
      Returned&& returned = invoke(callable, arguments);
      encode_result<Result>(result, returned);
      if constexpr (std::is_same_v<Returned, Result> && Viewable<Result>) {
        // To give so much memory back takes as long as a copy of it.
        if (result.size() >= kWorthHugePages) destroy_when_told(std::move(returned));
      }
    }
  }

  static void thunk(Decoder& args, Encoder& result) {
    Callable callable = decode_callable(args);
    Arguments arguments = decode_arguments(args);
    check_all_read(args);
    // It owns what the arguments share: the task's handles are to be the only ones.
    args.context().reset();
    invoke_and_encode(callable, arguments, result);
  }

  static const TaskType& type() {
    return task_type_of<&TaskCode::thunk, typename Unwrapped<F>::type, kTravelsAsCode<F>>;
  }
};

// What stands for a call that cannot be a task. Its functions do not exist: the compiler shall
// say why the call is refused, and nothing else.
struct RefusedCall {
  using Callable = void;
  using Arguments = std::tuple<>;
  using Result = void;
  static constexpr std::size_t kFixedSize = 0;
  static constexpr std::size_t kFixedResultSize = 0;
  static const TaskType& type();
  static void decode_callable(Decoder& in);
  static Arguments decode_arguments(Decoder& in);
  template <class... Args>
  static void invoke(Args&&... args);
  template <class... Args>
  static void invoke_and_encode(Args&&... args);
  template <class... Args>
  static std::size_t size_hint(const Args&... args);
  template <class... Args>
  static std::size_t arguments_size_hint(const Args&... args);
  template <class... Args>
  static void encode(Args&&... args);
  template <class... Args>
  static void encode_callable(Args&&... args);
  template <class... Args>
  static void encode_arguments(Args&&... args);
};

template <class F, class... Passings>
TaskCode<F, Passings...> task_code_of(TypeList<Passings...>);

// The call of an F with Args, as they are given to submit(F&&, Args&&...): F and each of Args may
// be an lvalue reference. Instantiating it refuses, with a sentence, what cannot travel.
//
// kFixedSize: the encoded bytes of every such call, or kDynamicSize; with a fixed size encode()
// allocates nothing and needs no module table but for the callable itself
// (type().begins_with_code). kFixedResultSize likewise for the result, 0 for void.
template <class F, class... Args>
struct CallTraits
    : decltype(task_code_of<std::decay_t<F>>(PassingsOf<std::decay_t<F>, Args...>{})) {
  using Passings = PassingsOf<std::decay_t<F>, Args...>;
  using Code = decltype(task_code_of<std::decay_t<F>>(Passings{}));

  static constexpr std::size_t kFixedSize = []<class... Ps>(TypeList<Ps...>) {
    std::size_t sum = callable_size<std::decay_t<F>>();
    ((sum = add_sizes(sum, fixed_argument_size<Ps>())), ...);
    return sum;
  }(Passings{});
  static constexpr std::size_t kFixedResultSize = [] {
    if constexpr (std::is_void_v<typename Code::Result>) {
      return std::size_t{0};
    } else {
      return fixed_size<typename Code::Result>();
    }
  }();

  // Exact for fixed sizes, no less than what contiguous arguments take, else a guess.
  static std::size_t size_hint(const std::remove_reference_t<Args>&... args) {
    if constexpr (kFixedSize != kDynamicSize) {
      return kFixedSize;
    } else {
      return callable_size<std::decay_t<F>>() + arguments_size_hint(args...);
    }
  }
  static std::size_t arguments_size_hint(const std::remove_reference_t<Args>&... args) {
    return [&]<class... Ps>(TypeList<Ps...>) {
      return (std::size_t{0} + ... + argument_size_hint<Ps>(args));
    }(Passings{});
  }

  // Throws EncodingError: for an argument that cannot be encoded, a callable that captured an
  // address or lies in a module that the reader does not know.
  static void encode(Encoder& out, const std::decay_t<F>& callable, Args&&... args) {
    encode_callable(out, callable);
    encode_arguments(out, std::forward<Args>(args)...);
  }
  static void encode_callable(Encoder& out, const std::decay_t<F>& callable) {
    guard_callable(callable, out);
    detail::encode_callable(out, callable);
  }
  static void encode_arguments([[maybe_unused]] Encoder& out, Args&&... args) {
    [&]<class... Ps>(TypeList<Ps...>) {
      (encode_argument<Ps>(out, std::forward<Args>(args)), ...);
    }(Passings{});
  }
};

template <class F, class... Args>
  requires(call_fault<std::decay_t<F>, Args...>() != CallFault::none)
struct CallTraits<F, Args...> : RefusedCall, CallCannotTravel<std::decay_t<F>, Args...> {};

}  // namespace muster::detail
