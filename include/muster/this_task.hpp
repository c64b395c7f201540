#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <muster/detail/worker_locals.hpp>

// What a running task can ask and tell. Thread safety: each call concerns the calling thread's
// own task alone.

namespace muster::this_worker {

// 0 .. max_workers - 1. A replacement has the index of the worker it replaces.
// Throws InvalidStateError outside a task.
std::size_t index();

// The worker's process; of a thread pool, this one.
// Throws InvalidStateError outside a task.
pid_t pid();

// The worker's own T: made by factory() at the first call in this worker, then the same object for
// all of its tasks. A connection, a decoder, a scratch buffer:
//
//   auto& db = this_worker::local<Connection>([] { return Connection("db.example.org"); });
//
// A worker is a process of a process pool, from its start to its end: one that replaces it has its
// own object; or a thread of a thread pool. No two tasks use the same object at a time.
//
// Calls with the same T and the same type of factory mean the same object, whatever the factory
// holds, and each lambda is a type of its own; of functions, each has its own object. So two
// std::functions of one type share one, whatever they call. Where no factory is given it is T{}. T
// need not be movable. Shared libraries whose tasks call it stay loaded until the worker ends.
//
// What the factory throws comes out of this call, and the next call tries again. A factory may call
// local() for other objects, which then outlive its own.
//
// They are destroyed when the worker ends in order: at the pool's shutdown, after
// max_tasks_per_child tasks, or where the initializer has thrown; after the pool's finalizer, which
// may use them, the last made first. Their destructors find those that are still there. A worker
// that is killed, or dies otherwise, destroys nothing.
//
// Throws InvalidStateError outside tasks, initializers, finalizers and such destructors, as on
// threads that a task has made; from a factory that asks for what it is to make; and from a
// destructor that asks for what is gone, or was never made.
template <class T, class F = detail::DefaultFactory<T>>
T& local(F&& factory = F{}) {
  static_assert(
      std::is_object_v<T> && !std::is_array_v<T> && std::is_same_v<T, std::remove_cv_t<T>>,
      "muster: this_worker::local<T>() keeps an object: give its type without reference "
      "or const; for arrays use std::array.");
  static_assert(std::is_nothrow_destructible_v<T>,
                "muster: this_worker::local<T>() destroys the T when the worker ends, where "
                "nobody catches what its destructor throws.");
  static_assert(detail::LocalFactory<std::remove_reference_t<F>, T>,
                "muster: this_worker::local<T>(factory) calls factory() without arguments to make "
                "a T, and this one does not give one.");
  detail::WorkerLocals& locals = detail::WorkerLocals::of_this_worker();
  const detail::LocalKey key = detail::local_key<T, std::decay_t<F>>(factory);
  if (detail::WorkerLocals::Object* const found = locals.find(key)) {
    return static_cast<detail::LocalObject<T>*>(found)->value;
  }
  return detail::make_local<T>(locals, key, factory);
}

}  // namespace muster::this_worker

namespace muster::this_task {

// Whether Future::request_stop() was called for the running task, or its results are wanted no
// more. A task that takes long asks now and then and returns early. False outside a task.
bool stop_requested();

// How far the task is, for the status tool: done of total, in units of the task's own choice.
// Does nothing outside a task.
void set_progress(std::uint64_t done, std::uint64_t total);

}  // namespace muster::this_task
