#pragma once

// A pool that takes its tasks as bytes, as a process pool does, and runs them in this process on
// the thread that waits for one: each step of the way to another process can be looked at.

#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include <muster/detail/backend.hpp>
#include <muster/detail/exception_codec.hpp>
#include <muster/detail/task_context.hpp>
#include <muster/detail/task_type.hpp>
#include <muster/executor.hpp>

namespace test_support {

// A region for an Encoder that grows and counts the bytes it was given.
class GrowingBytes final : public muster::detail::Growth {
 public:
  std::byte* grow(std::byte* old, std::size_t used, std::size_t wanted,
                  std::byte*& new_end) override {
    auto larger = make(2 * wanted);
    if (used != 0) std::memcpy(larger.get(), old, used);
    bytes_ = std::move(larger);
    new_end = bytes_.get() + 2 * wanted;
    return bytes_.get();
  }
  std::byte* begin() const { return bytes_.get(); }

 private:
  struct Free {
    void operator()(std::byte* p) const { ::operator delete(p, std::align_val_t{64}); }
  };
  static std::unique_ptr<std::byte, Free> make(std::size_t size) {
    return std::unique_ptr<std::byte, Free>(
        static_cast<std::byte*>(::operator new(size, std::align_val_t{64})));
  }
  std::unique_ptr<std::byte, Free> bytes_;
};

struct Task {
  muster::detail::StateBase* state;
  const muster::detail::TaskType* type;
  std::vector<std::byte> bytes;
  std::uint32_t items;
};

class LoopbackPool final : public muster::Executor,
                           public muster::TaskInterface<LoopbackPool, muster::detail::TravelPath>,
                           private muster::detail::TravelBackend,
                           private muster::detail::TaskSource {
 public:
  LoopbackPool() : Executor(muster::detail::Backends{}) { set_backends({.travel = this}); }
  ~LoopbackPool() override { run_all(); }

  using TaskInterface<LoopbackPool, muster::detail::TravelPath>::submit;
  using TaskInterface<LoopbackPool, muster::detail::TravelPath>::try_submit;
  using TaskInterface<LoopbackPool, muster::detail::TravelPath>::map;
  using TaskInterface<LoopbackPool, muster::detail::TravelPath>::map_unordered;

  // Runs what was submitted; without it, tasks run when somebody waits.
  void run_all() {
    while (run_one()) {
    }
  }

  void shutdown(muster::ShutdownOptions) override { closed = true; }
  muster::PoolStats stats() const override { return {}; }
  std::string_view name() const override { return "loopback"; }

  bool closed = false;
  bool full = false;  // what is not blocking finds no room
  std::size_t small = 0;
  std::size_t large = 0;
  std::size_t kept = 0;      // results that stayed as bytes
  std::size_t released = 0;  // of those
  std::vector<std::uint32_t> chunks;
  // Makes of a chunk's result what a worker's death would.
  std::function<void(const Task&, std::vector<std::byte>&)> damage;

 private:
  bool submit(muster::detail::StateBase& state, muster::detail::TaskSpec& spec) override {
    if (closed) throw muster::ShutdownError("closed");
    if (full && !spec.blocking) return false;
    GrowingBytes growth;
    muster::Encoder out(nullptr, nullptr, &growth);
    spec.encode(out, spec.context);
    ++large;
    if (spec.chunk.items != 0) chunks.push_back(spec.chunk.items);
    add(state, *spec.type, out.data(), out.size(), spec.chunk.items);
    return true;
  }
  bool submit_small(muster::detail::StateBase& state, const muster::detail::TaskType& type,
                    const std::byte* bytes, std::size_t size) override {
    if (closed) throw muster::ShutdownError("closed");
    ++small;
    add(state, type, bytes, size, 0);
    return true;
  }
  std::optional<double> seconds_per_item(const muster::detail::TaskType&) const override {
    return std::nullopt;
  }
  std::size_t workers() const override { return 1; }
  // The test keeps it.
  std::shared_ptr<muster::detail::TravelBackend> share() override {
    return {std::shared_ptr<void>(), this};
  }

  void add(muster::detail::StateBase& state, const muster::detail::TaskType& type,
           const std::byte* bytes, std::size_t size, std::uint32_t items) {
    state.set_source(this, 0);
    state.hold();
    tasks_.push_back({&state, &type, std::vector<std::byte>(bytes, bytes + size), items});
  }

  bool run_one() {
    if (tasks_.empty()) return false;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    if (!task.state->try_start()) {
      task.state->let_go();
      return true;
    }
    GrowingBytes growth;
    muster::Encoder out(nullptr, nullptr, &growth);
    auto kind = muster::detail::RawKind::value;
    try {
      muster::Decoder in(task.bytes.data(), task.bytes.size());
      task.type->thunk(in, out);
    } catch (...) {
      out.truncate(0);
      muster::detail::encode_exception(std::current_exception(), out);
      kind = muster::detail::RawKind::exception;
    }
    std::vector<std::byte> result(out.data(), out.data() + out.size());
    if (damage) damage(task, result);
    const auto& bytes =
        *results_
             .emplace(results_.end(), std::make_unique<std::vector<std::byte>>(std::move(result)))
             ->get();
    if (!task.state->complete_raw(kind, bytes.data(), bytes.size())) ++kept;
    return true;
  }

  bool cancel(muster::detail::StateBase& state, muster::CancelMode) override {
    return state.try_cancel(true) || state.phase() == muster::detail::Phase::cancelled;
  }
  void wait(muster::detail::StateBase& state, muster::detail::Deadline) override {
    while (!state.done() && run_one()) {
    }
  }
  void observe(muster::detail::StateBase&) override { run_all(); }
  void release_raw(muster::detail::StateBase&, const std::byte*, std::size_t) noexcept override {
    ++released;
  }

  std::deque<Task> tasks_;
  std::vector<std::unique_ptr<std::vector<std::byte>>> results_;
};

}  // namespace test_support
