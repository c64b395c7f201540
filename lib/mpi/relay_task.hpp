#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <muster/detail/state.hpp>
#include <muster/detail/state_hook.hpp>

#include "lib/mpi/bell.hpp"

namespace muster::detail {

// A task of rank 0's in the pool of the rank that serves it: its result stays the bytes that it is.
class RelayTask final : public StateBase {
 public:
  RelayTask(std::uint64_t number, const TaskType& type, bool chunk, bool recallable,
            Bell& bell) noexcept
      : StateBase(kOps),
        number_(number),
        type_(&type),
        is_chunk_(chunk),
        is_recallable_(recallable),
        ring_(bell) {}

  std::uint64_t number() const { return number_; }
  const TaskType& type() const { return *type_; }
  bool is_chunk() const { return is_chunk_; }

  // Once it has ended in a worker, with a result or what it threw: null otherwise.
  const std::byte* data() const {
    return has_bytes_ ? (kept_ != nullptr ? kept_ : bytes_) : nullptr;
  }
  std::size_t size() const { return size_; }
  // The bytes are not needed any more.
  void drop_bytes() noexcept {
    if (kept_ != nullptr) source()->release_raw(*this, kept_, size_);
    kept_ = nullptr;
  }

  // True if it was not begun and now never is: rank 0 wants it back.
  bool recall() {
    if (!is_recallable_ || done()) return false;
    is_recalled_ = cancel(CancelMode::pending);
    return is_recalled_;
  }
  bool is_recalled() const { return is_recalled_; }

  // From now on its end rings the bell. False: it has ended.
  bool watch() {
    if (watched_) return !done();
    watched_ = true;
    return attach(ring_);
  }
  // The only handle goes.
  void drop() noexcept {
    if (watched_) detach(ring_);
    drop_bytes();
    release();
  }

 private:
  class Ring final : public StateHook {
   public:
    explicit Ring(Bell& bell) : StateHook(Kind::observer), bell_(bell) {}
    void fire(StateBase&) noexcept override { bell_.ring(); }

   private:
    Bell& bell_;
  };

  static bool take_bytes(StateBase& state, RawKind kind, const std::byte* data,
                         std::size_t size) noexcept;
  static const StateOps kOps;

  std::uint64_t number_;
  const TaskType* type_;
  const std::byte* kept_ = nullptr;
  std::size_t size_ = 0;
  bool has_bytes_ = false;
  bool is_chunk_;
  bool is_recallable_;
  bool is_recalled_ = false;
  bool watched_ = false;
  std::byte bytes_[StateOps::kTakenAtOnce];
  Ring ring_;
};

}  // namespace muster::detail
