#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/detail/backend.hpp>
#include <muster/detail/chunk_result.hpp>
#include <muster/detail/item_time.hpp>
#include <muster/detail/map_options.hpp>
#include <muster/detail/task_context.hpp>
#include <muster/detail/thread_task.hpp>
#include <muster/future.hpp>

// Chunks of map on the threads of a pool.
namespace muster::detail {

// One callable serves all chunks, also those that run at once: it is called as const. One that
// cannot be is copied for each chunk.
template <class F, class Item>
struct ThreadItemCall;

template <class F, class... Args>
struct ThreadItemCall<F, std::tuple<Args...>> {
  static constexpr bool kConst = std::is_invocable_v<const F&, Args...>;
  static constexpr bool kCallable = kConst || std::is_invocable_v<F&, Args...>;
  static_assert(kCallable,
                "muster: the callable cannot be called with the elements of these ranges. It is "
                "given its own copies, as rvalues: a parameter that is a reference to non-const "
                "does not bind to them.");
  static_assert(kConst || std::is_copy_constructible_v<F>,
                "muster: a callable whose call operator is not const is copied for each chunk of "
                "map, and this one cannot be. Make its call operator const.");

  using Called = std::conditional_t<kConst, const F, F>;

  static auto invoke(Called& callable, std::tuple<Args...>&& item) {
    return std::apply([&](Args&... args) { return std::invoke(callable, std::move(args)...); },
                      item);
  }
  using Result =
      std::decay_t<decltype(invoke(std::declval<Called&>(), std::declval<std::tuple<Args...>>()))>;
};

template <class F, class Item>
class ThreadChunk {
  using Call = ThreadItemCall<F, Item>;
  using R = typename Call::Result;

 public:
  ThreadChunk(std::shared_ptr<const F> callable, std::vector<Item> items)
      : callable_(std::move(callable)), items_(std::move(items)) {}

  ChunkResult<R> operator()() {
    if constexpr (Call::kConst) {
      return run(*callable_);
    } else {
      F own(*callable_);
      return run(own);
    }
  }

 private:
  ChunkResult<R> run(typename Call::Called& callable) {
    TaskContext* context = TaskContext::current();
    const ChunkProgress* progress = context != nullptr ? context->chunk() : nullptr;
    ChunkResult<R> result;
    result.reserve(items_.size());
    const ItemTimer timer(item_time_of<ThreadChunk>);
    for (Item& item : items_) {
      if (progress != nullptr && !progress->begin_item()) break;
      try {
        result.add_from([&] { return Call::invoke(callable, std::move(item)); });
      } catch (...) {
        result.add_failure(std::current_exception());
      }
    }
    timer.note(result.size());
    return result;
  }

  std::shared_ptr<const F> callable_;
  std::vector<Item> items_;
};

// What a chunk is called in messages: by its callable.
template <class F, class Item>
struct NamedAfter<ThreadChunk<F, Item>> {
  using type = F;
};

template <class F, class Item>
class ThreadTarget {
 public:
  using Result = typename ThreadItemCall<F, Item>::Result;

  static constexpr bool kTakesBytes = false;

  template <class G>
  ThreadTarget(std::shared_ptr<ThreadBackend> backend, const TaskOptions& options, G&& callable)
      : backend_(std::move(backend)),
        options_(options),
        callable_(std::make_shared<F>(std::forward<G>(callable))) {}

  // Takes all items, so `from` is 0.
  std::size_t submit(std::vector<Item>& items, std::size_t /*from*/,
                     Future<ChunkResult<Result>>& future) {
    using Chunk = ThreadChunk<F, Item>;
    const std::size_t taken = items.size();
    FutureState<ChunkResult<Result>>* state =
        new_state<ThreadTask<ChunkResult<Result>, Chunk>>(Chunk(callable_, std::move(items)));
    future = FutureAccess::adopt(state);
    backend_->submit(*state, options_.get(), true);
    return taken;
  }
  std::optional<double> seconds_per_item() const {
    return item_time_of<ThreadChunk<F, Item>>.seconds();
  }
  std::size_t workers() const { return backend_->workers(); }

 private:
  std::shared_ptr<ThreadBackend> backend_;  // what is read lazily may outlive the executor
  ItemOptions options_;
  std::shared_ptr<const F> callable_;
};

}  // namespace muster::detail
