#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <utility>

#include <muster/detail/deadline.hpp>
#include <muster/detail/state_hook.hpp>
#include <muster/detail/state_ops.hpp>
#include <muster/detail/task_source.hpp>
#include <muster/options.hpp>

namespace muster::detail {

class CallbackRunner;
class HookList;

// The shared state of futures: one cache line, from which every typed state derives.
//
// Who may touch it:
// - handles (Future, Promise, the list of callbacks) are counted in refs_;
// - what will complete it (a pool's queue, a slot) is not counted. It sets `held` and clears it
//   when it touches the state no more. The state is freed by the later of the two: the last
//   handle, or the clearing of `held`.
//
// status_ is one word: the phase in the low three bits, flags above. Completing is one CAS that
// also clears `held`; whoever sees a phase with the done bit by an acquire load sees the value.
//
//   waiting    somebody sleeps on the word and wants a wake
//   hooked     the list of hooks is not empty: complete under the state's lock
//   abandoned  no handle is left
//   held       see above
//   raw        the result is kept as bytes and is to be decoded at first access
//   decoding   a thread does so
//   viewed     the bytes of the result are looked at where they are: they stay as long as the state
//   stop       request_stop() was called
class alignas(64) StateBase {
 public:
  StateBase(const StateBase&) = delete;
  StateBase& operator=(const StateBase&) = delete;

  // --- for handles -------------------------------------------------------------------------

  // As far as is known here, without asking the source.
  bool done() const noexcept {
    // Acquire: pairs with the release of the CAS in publish().
    return (status_.load(std::memory_order_acquire) & kDoneBit) != 0;
  }
  // Asks the source too.
  bool poll_done();
  // Done, and the value or error can be read.
  bool settled() const noexcept {
    return (status_.load(std::memory_order_acquire) & (kDoneBit | kRaw | kDecoding)) == kDoneBit;
  }
  Phase phase() const noexcept {
    return static_cast<Phase>(status_.load(std::memory_order_acquire) & kPhaseMask);
  }

  // True when done; false when the deadline passed first.
  bool wait(Deadline until) { return done() || wait_slow(until); }
  // As wait(), and the value or error can be read afterwards. The first to come decodes what
  // arrived as bytes.
  bool settle(Deadline until) { return settled() || settle_slow(until); }

  // Done: the bytes of the value as they came, which stay where they are as long as the state. Null
  // where there are none, or a thread decodes them: it has ended otherwise, or settle() tells. Of
  // values that do not lie in the state itself.
  const std::byte* view_raw(std::size_t& size) noexcept;

  bool cancel(CancelMode mode);
  bool running() const;
  void request_stop();
  bool stop_requested() const noexcept {
    return (status_.load(std::memory_order_relaxed) & kStop) != 0;
  }
  // The word whose kStop bit says so, for a loop that asks often.
  const std::atomic<std::uint32_t>* stop_word() const noexcept { return &status_; }

  // Settled only: null unless failed or cancelled (then a CancelledError).
  std::exception_ptr error() const;
  // Settled and not succeeded: throws what error() gives.
  [[noreturn]] void throw_error() const;

  // False, and nothing hangs, if the state is done.
  bool attach(StateHook& hook);
  // After this the hook hangs nowhere and is not being fired, but for a callback that is running.
  // True if it was hanging still.
  bool detach(StateHook& hook) noexcept;
  // Hangs a callback, or fires it at once if the state is done.
  void add_callback(StateHook& hook);

  void retain() noexcept {
    // Relaxed: the caller has a handle already, nothing is published by having one more.
    refs_.fetch_add(1, std::memory_order_relaxed);
  }
  void release() noexcept {
    // Acquire: pairs with the acq_rel decrements of handles dropped by other threads. The only
    // handle needs no decrement: nobody else can make a second one.
    if (refs_.load(std::memory_order_acquire) == 1 ||
        refs_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      drop_last();
  }
  bool only_handle() const noexcept { return refs_.load(std::memory_order_acquire) == 1; }
  // As only_handle(), not counting a promise.
  bool only_future() const noexcept {
    const bool promised = (status_.load(std::memory_order_relaxed) & kPromised) != 0;
    return refs_.load(std::memory_order_acquire) == (promised ? 2u : 1u);
  }
  std::uint32_t use_count() const noexcept { return refs_.load(std::memory_order_relaxed); }

  // The task's name where it has one, for messages.
  std::string name() const;

  // --- for sources and promises ------------------------------------------------------------

  // Before the state is shown to anybody else. `task` is the source's own handle on the task.
  void set_source(TaskSource* source, std::uint64_t task) noexcept {
    source_ = source;
    task_ = task;
  }
  TaskSource* source() const noexcept { return source_; }
  std::uint64_t task() const noexcept { return task_; }
  const StateOps& ops() const noexcept { return *ops_; }

  // Before the state is shown to anybody else: it is not freed until let_go() or a completion.
  void hold() noexcept {
    status_.store(status_.load(std::memory_order_relaxed) | kHeld, std::memory_order_relaxed);
  }
  // Of a state that is done already (cancelled in the queue). The caller touches it no more.
  void let_go() noexcept;
  // From TaskSource::abandon(). True: nobody else is left to free it, and who asked does. False:
  // the caller touches it no more.
  [[nodiscard]] bool mark_abandoned() noexcept;
  // One of the handles is a promise's (or no longer).
  void set_promised(bool promised) noexcept {
    // Relaxed: only_future() is exact only for who knows that the promise rests.
    if (promised)
      status_.fetch_or(kPromised, std::memory_order_relaxed);
    else
      status_.fetch_and(~kPromised, std::memory_order_relaxed);
  }
  bool abandoned() const noexcept {
    return (status_.load(std::memory_order_acquire) & kAbandoned) != 0;
  }

  // pending -> running. False if it was cancelled or begun before.
  bool try_start() noexcept {
    std::uint32_t old = status_.load(std::memory_order_relaxed);
    while ((old & kPhaseMask) == 0) {
      // Acquire: pairs with the release by which the task was queued.
      if (status_.compare_exchange_weak(old, old | static_cast<std::uint32_t>(Phase::running),
                                        std::memory_order_acquire, std::memory_order_relaxed))
        return true;
    }
    return false;
  }
  // pending or running -> claimed, for sources in which several threads may come to complete a
  // state: only one gets true, and completes it.
  bool try_claim() noexcept;
  // pending -> cancelled, with everybody told and the callable dropped. `still_held`: the source
  // has the state in a queue still and will call let_go(). False if it was not pending. The
  // caller makes sure that the state lives.
  bool try_cancel(bool still_held);

  // The complete_... members: for the one that claimed the state, or that is the only one who can
  // complete it. Afterwards the state is not the caller's to touch: it may be gone.
  void complete_exception(std::exception_ptr error) noexcept {
    put_error(std::move(error));
    publish(Phase::failed, 0);
  }
  void complete_cancelled() noexcept { publish(Phase::cancelled, 0); }
  // Takes a result as it travelled. True: the bytes are not needed any more. False: they are kept
  // where they are, unchanging, until TaskSource::release_raw(), which may come before this
  // returns.
  bool complete_raw(RawKind kind, const std::byte* data, std::size_t size) noexcept {
    if (kind == RawKind::value && ops_->bitwise_size >= 0 &&
        size == static_cast<std::size_t>(ops_->bitwise_size)) [[likely]] {
      std::memcpy(value_address(), data, size);
      publish(Phase::succeeded, 0);
      return true;
    }
    return keep_raw(kind, data, size);
  }

  // Whether a value that travelled as so many bytes lies in the state itself and needs no more than
  // to be copied.
  bool fits_inline(std::size_t size) const noexcept {
    return size == static_cast<std::size_t>(ops_->bitwise_size) &&
           ops_->value_offset == kInlineOffset;
  }
  // Copies one that does. So many bytes can be read at `bytes`, whatever its size: one copy without
  // a branch.
  void put_inline(const void* bytes) noexcept { std::memcpy(payload_.value, bytes, kInlineSize); }
  // The last step of completing, after the value or error was made. Wakes and tells everybody.
  // `raw` is 0, or kRaw and what goes with it.
  void publish(Phase phase, std::uint32_t raw) noexcept {
    std::uint32_t old = status_.load(std::memory_order_relaxed);
    for (;;) {
      if ((old & kHooked) != 0) [[unlikely]]
        return publish_hooked(phase, raw);
      // Release: pairs with the acquire loads of done() and its like. Acquire: pairs with
      // mark_abandoned(), when this thread is the one to free the state.
      if (status_.compare_exchange_weak(old, ended(old, phase, raw), std::memory_order_acq_rel,
                                        std::memory_order_relaxed))
        break;
    }
    if ((old & (kWaiting | kAbandoned)) != 0) [[unlikely]]
      after_publish(old, false);
  }

  // The error of a state that is about to be published as failed.
  void put_error(std::exception_ptr error) noexcept {
    ::new (static_cast<void*>(&payload_.error)) std::exception_ptr(std::move(error));
  }
  void* value_address() noexcept { return reinterpret_cast<std::byte*>(this) + ops_->value_offset; }

  // Sleeps on the status word until done or the deadline: TaskSource::wait() for sources that
  // complete their states without being asked.
  void park(Deadline until);

  static constexpr std::uint32_t kPhaseMask = 7;
  static constexpr std::uint32_t kDoneBit = 4;
  static constexpr std::uint32_t kWaiting = 1u << 3;
  static constexpr std::uint32_t kHooked = 1u << 4;
  static constexpr std::uint32_t kAbandoned = 1u << 5;
  static constexpr std::uint32_t kHeld = 1u << 6;
  static constexpr std::uint32_t kRaw = 1u << 7;
  static constexpr std::uint32_t kDecoding = 1u << 8;
  static constexpr std::uint32_t kStop = 1u << 9;
  static constexpr std::uint32_t kRawIsError = 1u << 10;
  static constexpr std::uint32_t kPromised = 1u << 11;
  static constexpr std::uint32_t kViewed = 1u << 12;

 protected:
  explicit StateBase(const StateOps& ops) noexcept : ops_(&ops) {}
  ~StateBase() = default;

  // Values of at most this size and alignment lie in the state itself.
  static constexpr std::size_t kInlineSize = 16;
  static constexpr std::size_t kInlineOffset = 48;

 private:
  friend class CallbackRunner;
  friend class HookList;

  struct RawBytes {
    const std::byte* data;
    std::size_t size;
  };
  union Payload {
    Payload() {}
    ~Payload() {}
    std::exception_ptr error;
    RawBytes raw;
    alignas(16) std::byte value[kInlineSize];
  };

  static constexpr std::uint32_t ended(std::uint32_t old, Phase phase, std::uint32_t raw) {
    return (old & ~(kPhaseMask | kHeld | kWaiting)) | static_cast<std::uint32_t>(phase) | raw;
  }

  bool wait_slow(Deadline until);
  bool settle_slow(Deadline until);
  bool keep_raw(RawKind kind, const std::byte* data, std::size_t size) noexcept;
  void decode_raw(std::uint32_t status) noexcept;
  RawBytes& viewed_raw(Phase phase) noexcept;
  void release_raw(RawBytes raw) noexcept;
  void finish_decoding(std::uint32_t set, std::uint32_t clear) noexcept;
  void publish_hooked(Phase phase, std::uint32_t raw) noexcept;
  bool end_hooked(Phase phase, std::uint32_t raw, std::uint32_t keep, bool only_pending);
  void after_publish(std::uint32_t old, bool still_held) noexcept;
  void fire_callbacks() noexcept;
  void drop_last() noexcept;
  void destroy() noexcept;

  std::atomic<std::uint32_t> status_{0};
  std::atomic<std::uint32_t> refs_{1};
  const StateOps* ops_;
  TaskSource* source_ = nullptr;
  std::uint64_t task_ = 0;
  StateHook* hooks_ = nullptr;         // the first of a ring; under the state's lock
  StateBase* next_to_fire_ = nullptr;  // the callback runner's queue; under its lock
  Payload payload_;
};

static_assert(sizeof(StateBase) == 64, "one cache line");

}  // namespace muster::detail
