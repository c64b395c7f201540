#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include <muster/detail/chunk.hpp>
#include <muster/options.hpp>

namespace muster {
class Encoder;
}

namespace muster::detail {

class StateBase;
class TaskSource;
class TaskType;

// A task on its way to another process.
struct TaskSpec {
  const TaskType* type = nullptr;
  const TaskOptions* options = nullptr;  // null: the defaults
  std::size_t size_hint = 0;             // bytes, as good as it can be known
  // Writes callable and arguments. May throw; then the task was not submitted, and the exception
  // goes through submit() as it is. A chunk's may lower chunk.items, when an item cannot travel.
  void (*encode)(Encoder& out, void* context) = nullptr;
  void* context = nullptr;
  bool blocking = true;  // false: where it would wait, submit() returns false instead
  ChunkInfo chunk;
};

// What a pool of processes offers to the templates of Executor. Thread safety: all members, from
// any thread.
class TravelBackend {
 public:
  // Takes the task: sets the state's source and holds it. False only for a task that is not
  // blocking. Throws ShutdownError, BrokenProcessPool, InvalidStateError, InvalidArgumentError;
  // then the state is untouched.
  virtual bool submit(StateBase& state, TaskSpec& spec) = 0;
  // The same for at most kSmallTask encoded bytes, default options, blocking. So many can be read
  // at `bytes`, whatever `size` is.
  virtual bool submit_small(StateBase& state, const TaskType& type, const std::byte* bytes,
                            std::size_t size) = 0;
  // Of a chunk's item; empty while nothing was measured.
  virtual std::optional<double> seconds_per_item(const TaskType& type) const = 0;
  virtual std::size_t workers() const = 0;
  // For what may outlive the executor.
  virtual std::shared_ptr<TravelBackend> share() = 0;

  static constexpr std::size_t kSmallTask = 48;

  // Whether the workers have functions and global variables at other addresses than this process.
  // The Encoder of submit() knows it, that of a small task does not.
  bool code_moves() const noexcept { return code_moves_; }

 protected:
  bool code_moves_ = false;  // constant once tasks are submitted

  ~TravelBackend() = default;
};

// What a pool of threads offers. Thread safety: all members, from any thread.
class ThreadBackend {
 public:
  // Takes a state whose StateOps::run is set: sets its source and holds it. `options` may be null.
  // False only if it is not `blocking` and would wait. Throws ShutdownError, BrokenThreadPool,
  // InvalidStateError, InvalidArgumentError; then the state is untouched.
  virtual bool submit(StateBase& state, const TaskOptions* options, bool blocking) = 0;
  virtual std::size_t workers() const = 0;
  // For what may outlive the executor.
  virtual std::shared_ptr<ThreadBackend> share() = 0;

 protected:
  ~ThreadBackend() = default;
};

// What stands behind an Executor: one of them is not null, both are after it was moved from.
struct Backends {
  ThreadBackend* threads = nullptr;
  TravelBackend* travel = nullptr;
};

}  // namespace muster::detail
