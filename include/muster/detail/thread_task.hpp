#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <muster/detail/future_state.hpp>

namespace muster::detail {

// A callable and its arguments.
template <class F, class... Args>
struct BoundCall {
  template <class G, class... As>
  explicit BoundCall(std::in_place_t, G&& g, As&&... as)
      : callable(std::forward<G>(g)), arguments(std::forward<As>(as)...) {}

  decltype(auto) operator()() && {
    return std::apply(
        [this](Args&... args) -> decltype(auto) {
          return std::invoke(std::move(callable), std::move(args)...);
        },
        arguments);
  }

  [[no_unique_address]] F callable;
  [[no_unique_address]] std::tuple<Args...> arguments;
};

// The type that a task is named after: the callable's, unless that is a wrapper of Muster's.
template <class F>
struct NamedAfter {
  using type = F;
};

// A task of a thread pool: state, callable and arguments in one block. A small callable lies where
// its small result will be, so that the whole is one cache line: it is moved to the stack before
// it runs.
template <class R, class F, class... Args>
class ThreadTask final : public FutureState<R> {
  using Call = BoundCall<F, Args...>;
  using Base = FutureState<R>;

  static constexpr bool kCallInline =
      sizeof(Call) <= 16 && alignof(Call) <= 16 && std::is_nothrow_move_constructible_v<Call>;

 public:
  template <class G, class... As>
  explicit ThreadTask(G&& g, As&&... as) : Base(kOps) {
    ::new (call_place()) Call(std::in_place, std::forward<G>(g), std::forward<As>(as)...);
  }

 private:
  struct None {};

  void* call_place() noexcept {
    if constexpr (kCallInline)
      return reinterpret_cast<std::byte*>(this) + StateBase::kInlineOffset;
    else
      return storage_.bytes;
  }
  Call& call() noexcept { return *std::launder(static_cast<Call*>(call_place())); }

  // The callable and its arguments are gone when this returns.
  static Phase run(StateBase& state) noexcept {
    auto& self = static_cast<ThreadTask&>(state);
    if constexpr (kCallInline) {
      Call call(std::move(self.call()));
      std::destroy_at(&self.call());
      return self.finish(call);
    } else {
      struct Dropper {
        Call& call;
        ~Dropper() { std::destroy_at(&call); }
      } dropper{self.call()};
      return self.finish(dropper.call);
    }
  }
  Phase finish(Call& call) noexcept {
    try {
      this->emplace_from([&]() -> decltype(auto) { return std::move(call)(); });
      return Phase::succeeded;
    } catch (...) {
      this->put_error(std::current_exception());
      return Phase::failed;
    }
  }

  static void drop_call(StateBase& state) noexcept {
    std::destroy_at(&static_cast<ThreadTask&>(state).call());
  }
  static constexpr auto call_dropper() noexcept {
    return std::is_trivially_destructible_v<Call> ? nullptr : &ThreadTask::drop_call;
  }

  static const StateOps kOps;

  [[no_unique_address]] std::conditional_t<kCallInline, None, ValueStorage<Call>> storage_;
};

template <class R, class F, class... Args>
constexpr StateOps ThreadTask<R, F, Args...>::kOps = {
    .block_size = kBlockSize<ThreadTask>,
    .value_offset = FutureState<R>::value_offset(),
    .bitwise_size = StateOps::kDecoded,
    .destroy_value = FutureState<R>::value_destroyer(),
    .decode_value = nullptr,
    .run = &ThreadTask::run,
    .drop_call = ThreadTask::call_dropper(),
    .callable = &typeid(typename NamedAfter<F>::type),
};

}  // namespace muster::detail
