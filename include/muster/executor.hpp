#pragma once

#include <concepts>
#include <optional>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>

#include <muster/detail/backend.hpp>
#include <muster/detail/map_start.hpp>
#include <muster/detail/submit_path.hpp>
#include <muster/future.hpp>
#include <muster/map.hpp>
#include <muster/options.hpp>
#include <muster/stats.hpp>

namespace muster {

class Executor;

// How tasks are given to a pool: what Executor, ThreadPoolExecutor and ProcessPoolExecutor have in
// common. `Path` decides what can be a task there: of a thread pool any callable and arguments,
// of a process pool what can travel, through Executor what could be both.
//
// All of it throws ShutdownError after shutdown, BrokenExecutor once the pool is broken,
// InvalidArgumentError for options that make no sense, InvalidStateError inside the pool's own
// workers and in a child that the program forked, and std::bad_alloc where the program's own memory
// is used up. Nothing was submitted then. An argument that cannot travel fails the task's future
// with EncodingError.
//
// Thread safety: any number of threads may call any members at once.
template <class Pool, class Path>
class TaskInterface {
 public:
  // Future<R>: runs fn(args...) on a worker, on copies of fn and args; R is what that returns,
  // decayed. With max_pending it waits while so many tasks are unfinished, but never when called
  // from a callback.
  template <class F, class... Args>
    requires(!std::same_as<std::remove_cvref_t<F>, TaskOptions>)
  auto submit(F&& fn, Args&&... args) {
    return *Path::submit(target(), nullptr, true, std::forward<F>(fn), std::forward<Args>(args)...);
  }
  template <class F, class... Args>
  auto submit(TaskOptions options, F&& fn, Args&&... args) {
    return *Path::submit(target(), &options, true, std::forward<F>(fn),
                         std::forward<Args>(args)...);
  }

  // std::optional<Future<R>>: as submit; empty where submit would wait.
  template <class F, class... Args>
    requires(!std::same_as<std::remove_cvref_t<F>, TaskOptions>)
  auto try_submit(F&& fn, Args&&... args) {
    return Path::submit(target(), nullptr, false, std::forward<F>(fn), std::forward<Args>(args)...);
  }
  template <class F, class... Args>
  auto try_submit(TaskOptions options, F&& fn, Args&&... args) {
    return Path::submit(target(), &options, false, std::forward<F>(fn),
                        std::forward<Args>(args)...);
  }

  // MapResults<R>: runs fn on each element of the ranges (zipped; the shortest ends it) and gives
  // the results in the order of the inputs. Submits at once; elements of ranges that are handed
  // over as rvalue containers are moved. What reading an input throws comes out of map, or with
  // MapOptions::buffersize out of the iteration, after what was submitted was cancelled.
  template <class F, std::ranges::input_range... Rs>
    requires(sizeof...(Rs) > 0 && !std::same_as<std::remove_cvref_t<F>, MapOptions>)
  auto map(F&& fn, Rs&&... inputs) {
    return map(MapOptions{}, std::forward<F>(fn), std::forward<Rs>(inputs)...);
  }
  template <class F, std::ranges::input_range... Rs>
    requires(sizeof...(Rs) > 0)
  auto map(MapOptions options, F&& fn, Rs&&... inputs) {
    return detail::start_map<Path, detail::MapOrder::inputs>(target(), options, std::forward<F>(fn),
                                                             std::forward<Rs>(inputs)...);
  }

  // UnorderedMapResults<R>: as map; gives items {index, result} as they end.
  template <class F, std::ranges::input_range... Rs>
    requires(sizeof...(Rs) > 0 && !std::same_as<std::remove_cvref_t<F>, MapOptions>)
  auto map_unordered(F&& fn, Rs&&... inputs) {
    return map_unordered(MapOptions{}, std::forward<F>(fn), std::forward<Rs>(inputs)...);
  }
  template <class F, std::ranges::input_range... Rs>
    requires(sizeof...(Rs) > 0)
  auto map_unordered(MapOptions options, F&& fn, Rs&&... inputs) {
    return detail::start_map<Path, detail::MapOrder::completion>(
        target(), options, std::forward<F>(fn), std::forward<Rs>(inputs)...);
  }

  // Shared<T>: a large value that many tasks read, encoded once, or for threads moved or copied as
  // it is. Give it to tasks as an argument; see <muster/shared.hpp>. Throws EncodingError for what
  // cannot travel, Error where memory or descriptors run out.
  template <class T>
  auto share(T&& value) {
    return Path::share(target(), std::forward<T>(value));
  }

 protected:
  TaskInterface() = default;
  ~TaskInterface() = default;
  TaskInterface(TaskInterface&&) = default;
  TaskInterface& operator=(TaskInterface&&) = default;

 private:
  // Qualified, because a pool has a second TaskInterface by way of Executor.
  const detail::Backends& target() const {
    return static_cast<const Pool&>(*this).Executor::backends();
  }
};

// Either pool behind one reference: void run(muster::Executor& pool). What is submitted through it
// must be fit to travel, whatever stands behind; an option that the pool has not (a task's time
// limit on threads) is an InvalidArgumentError.
class Executor : public TaskInterface<Executor, detail::AnyPath> {
 public:
  virtual ~Executor() = default;

  // Nothing can be submitted any more. With wait: returns when all that runs or is queued has
  // ended. With cancel_futures: what has not started is cancelled. May be called again, and from
  // any thread but the pool's own workers.
  virtual void shutdown(ShutdownOptions options = {}) = 0;
  virtual PoolStats stats() const = 0;
  virtual std::string_view name() const = 0;

  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

 protected:
  // One of the two backends is not null.
  explicit Executor(detail::Backends backends) noexcept : backends_(backends) {}
  // The source is empty afterwards: it can be destroyed or assigned to, and what else is asked of
  // it throws InvalidStateError.
  Executor(Executor&& other) noexcept : backends_(std::exchange(other.backends_, {})) {}
  Executor& operator=(Executor&& other) noexcept {
    backends_ = std::exchange(other.backends_, {});
    return *this;
  }

  void set_backends(detail::Backends backends) noexcept { backends_ = backends; }

 private:
  template <class Pool, class Path>
  friend class TaskInterface;

  const detail::Backends& backends() const noexcept { return backends_; }

  detail::Backends backends_;
};

}  // namespace muster
