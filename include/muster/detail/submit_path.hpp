#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <muster/detail/backend.hpp>
#include <muster/detail/future_access.hpp>
#include <muster/detail/task_call.hpp>
#include <muster/detail/thread_task.hpp>
#include <muster/detail/travel_state.hpp>
#include <muster/future.hpp>
#include <muster/shared.hpp>

// From a callable and its arguments to a task in a pool's hands. Each path makes the state that
// the pool completes; `submit` gives nothing only where it was told not to wait.
namespace muster::detail {

[[noreturn]] void throw_moved_from();

// What a thread calls: decayed copies, as rvalues.
template <class F, class... Args>
constexpr auto thread_result() {
  constexpr bool kCallable = std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...>;
  static_assert(kCallable,
                "muster: the callable cannot be called with these arguments. A task gets its own "
                "copies, as rvalues: a parameter that is a reference to non-const does not bind to "
                "them. Take it by value or const reference, or capture the object by reference.");
  if constexpr (kCallable)
    return std::type_identity<
        std::decay_t<std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>>>{};
  else
    return std::type_identity<void>{};
}

struct ThreadPath {
  template <class F, class... Args>
  using Result = typename decltype(thread_result<F, Args...>())::type;

  template <class F, class... Args>
  static auto submit(const Backends& backends, const TaskOptions* options, bool blocking, F&& fn,
                     Args&&... args) {
    if (backends.threads == nullptr) [[unlikely]]
      throw_moved_from();
    using R = Result<F, Args...>;
    using Task = ThreadTask<R, std::decay_t<F>, std::decay_t<Args>...>;
    FutureState<R>* state = new_state<Task>(std::forward<F>(fn), std::forward<Args>(args)...);
    std::optional<Future<R>> future(FutureAccess::adopt(state));
    if (!backends.threads->submit(*state, options, blocking)) future.reset();
    return future;
  }

  template <class T>
  static auto share(const Backends& backends, T&& value) {
    if (backends.threads == nullptr) throw_moved_from();
    using Value = std::decay_t<T>;
    return ShareAccess<Value>::adopt(
        SharedState<Value>::of_value(std::make_unique<const Value>(std::forward<T>(value))));
  }
};

// Lets a pool encode a task when it has found a place for it, and tells apart what the encoding
// throws, which is the task's own failure, from what the pool throws.
template <class Encode>
struct EncodeOnce {
  explicit EncodeOnce(Encode e) : encode(std::move(e)) {}

  Encode encode;
  bool failed = false;

  static void run(Encoder& out, void* context) {
    auto& self = *static_cast<EncodeOnce*>(context);
    try {
      self.encode(out);
    } catch (...) {
      self.failed = true;
      throw;
    }
  }
};

template <class Encode>
EncodeOnce(Encode) -> EncodeOnce<Encode>;  // clang 16 does not deduce it for an aggregate

struct TravelPath {
  template <class F, class... Args>
  using Result = typename CallTraits<F, Args...>::Result;

  template <class F, class... Args>
  static auto submit(const Backends& backends, const TaskOptions* options, bool blocking, F&& fn,
                     Args&&... args) {
    if (backends.travel == nullptr) [[unlikely]]
      throw_moved_from();
    using Call = CallTraits<F, Args...>;
    if constexpr (std::is_void_v<typename Call::Callable>) {
      return std::optional<Future<void>>();  // refused; the compiler has said why
    } else {
      return submit_call<Call>(*backends.travel, options, blocking, fn,
                               std::forward<Args>(args)...);
    }
  }

  template <class T>
  static auto share(const Backends& backends, const T& value) {
    static_assert(sizeof(CannotTravel<T, refusal<T>()>) != 0);
    if (backends.travel == nullptr) throw_moved_from();
    if constexpr (refusal<T>() == Refusal::none) {
      return ShareAccess<T>::adopt(SharedState<T>::encode(value));
    } else {
      return Shared<T>();  // refused; the compiler has said why
    }
  }

 private:
  // A callable with captures.
  template <class T>
  static constexpr bool kMayHoldCode =
      std::is_class_v<T> && !std::is_empty_v<T> && requires { &T::operator(); };

  template <class Call, class F, class... Args>
  static auto submit_call(TravelBackend& backend, const TaskOptions* options, bool blocking,
                          const F& fn, Args&&... args) {
    using R = typename Call::Result;
    FutureState<R>* state = new_state<TravelState<R>>();
    std::optional<Future<R>> future(FutureAccess::adopt(state));
    if constexpr (Call::kFixedSize <= TravelBackend::kSmallTask) {
      const bool is_looked_through =
          (kMayHoldCode<F> || ... || kMayHoldCode<std::remove_cvref_t<Args>>)&&backend.code_moves();
      if (options == nullptr && blocking && !is_looked_through) {
        submit_small<Call>(backend, *state, fn, std::forward<Args>(args)...);
        return future;
      }
    }
    EncodeOnce encoding([&](Encoder& out) { Call::encode(out, fn, std::forward<Args>(args)...); });
    TaskSpec spec;
    spec.type = &Call::type();
    spec.options = options;
    spec.size_hint = Call::size_hint(args...);
    spec.encode = &decltype(encoding)::run;
    spec.context = &encoding;
    spec.blocking = blocking;
    try {
      if (!backend.submit(*state, spec)) future.reset();
    } catch (...) {
      if (!encoding.failed) throw;
      state->complete_exception(std::current_exception());
    }
    return future;
  }

  template <class Call, class F, class... Args>
  static void submit_small(TravelBackend& backend, StateBase& state, const F& fn, Args&&... args) {
    alignas(64) std::byte bytes[TravelBackend::kSmallTask];
    Encoder out(bytes, bytes + sizeof(bytes));
    try {
      Call::encode(out, fn, std::forward<Args>(args)...);
    } catch (...) {
      return state.complete_exception(std::current_exception());
    }
    backend.submit_small(state, Call::type(), bytes, out.size());
  }
};

// Through Executor: what is fit for both, and goes to the one that is there.
struct AnyPath {
  template <class F, class... Args>
  using Result = typename TravelPath::Result<F, Args...>;

  template <class F, class... Args>
  static auto submit(const Backends& backends, const TaskOptions* options, bool blocking, F&& fn,
                     Args&&... args) {
    static_assert(std::is_same_v<Result<F, Args...>, ThreadPath::Result<F, Args...>>,
                  "muster: this callable gives another type when its arguments are converted to "
                  "its parameters first; submit it to the pool itself and not through Executor");
    if (backends.threads != nullptr) {
      return ThreadPath::submit(backends, options, blocking, std::forward<F>(fn),
                                std::forward<Args>(args)...);
    }
    return TravelPath::submit(backends, options, blocking, std::forward<F>(fn),
                              std::forward<Args>(args)...);
  }

  template <class T>
  static auto share(const Backends& backends, T&& value) {
    static_assert(sizeof(CannotTravel<std::decay_t<T>, refusal<std::decay_t<T>>()>) != 0);
    if (backends.threads != nullptr) return ThreadPath::share(backends, std::forward<T>(value));
    return TravelPath::share(backends, value);
  }
};

}  // namespace muster::detail
