#include <muster/detail/completion_queue.hpp>

#include "lib/common/futex.hpp"
#include "lib/futures/spin.hpp"

namespace muster::detail {

class CompletionQueue::Hook final : public StateHook {
 public:
  Hook(CompletionQueue& queue, StateBase& watched_state, std::size_t its_number)
      : StateHook(Kind::observer), state(watched_state), number(its_number), queue_(queue) {}

  // Lock-free, because the state's lock is held.
  void fire(StateBase&) noexcept override {
    CompletionQueue& queue = queue_;
    Hook* first = queue.ended_.load(std::memory_order_relaxed);
    do {
      next_ended = first;
      // Sequentially consistent with the sleeping in next(): either it sees the hook, or this sees
      // that it sleeps. The queue lives on meanwhile: its owner detaches each hook, for which it
      // must wait for this lock.
    } while (!queue.ended_.compare_exchange_weak(first, this, std::memory_order_seq_cst,
                                                 std::memory_order_relaxed));
    if (queue.sleeping_.load(std::memory_order_seq_cst) != 0) {
      queue.sleeping_.store(0, std::memory_order_relaxed);
      futex_wake(queue.sleeping_, 1);
    }
  }

  StateBase& state;
  const std::size_t number;
  Hook* next_ended = nullptr;
  Hook* next_watched = nullptr;
  Hook* prev_watched = nullptr;

 private:
  CompletionQueue& queue_;
};

void CompletionQueue::watch(StateBase& state, std::size_t number) {
  auto hook = std::make_unique<Hook>(*this, state, number);
  const bool hangs = !state.poll_done() && state.attach(*hook);
  Hook* h = hook.release();
  h->next_watched = hooks_;
  if (hooks_ != nullptr) hooks_->prev_watched = h;
  hooks_ = h;
  ++watched_;
  if (!hangs) h->fire(state);
}

// The hook whose state ended first of those that were not taken yet.
CompletionQueue::Hook* CompletionQueue::take_ended() {
  if (in_order_ == nullptr) {
    // Acquire: pairs with the release in fire().
    Hook* newest = ended_.exchange(nullptr, std::memory_order_acquire);
    while (newest != nullptr) {
      Hook* older = newest->next_ended;
      newest->next_ended = in_order_;
      in_order_ = newest;
      newest = older;
    }
  }
  Hook* hook = in_order_;
  if (hook != nullptr) in_order_ = hook->next_ended;
  return hook;
}

bool CompletionQueue::next(Deadline until, std::size_t& number) {
  for (;;) {
    Hook* hook = take_ended();
    const bool over = hook == nullptr && until.expired();
    if (over) {
      // What has ended in time but was not pushed to us yet is asked for.
      for (Hook* h = hooks_; h != nullptr; h = h->next_watched) h->state.poll_done();
      hook = take_ended();
    }
    if (hook != nullptr) {
      number = hook->number;
      forget(hook);
      return true;
    }
    if (over) return false;
    const auto one_ended = [this] { return ended_.load(std::memory_order_seq_cst) != nullptr; };
    if (spin_until(one_ended)) continue;
    sleeping_.store(1, std::memory_order_seq_cst);
    if (!one_ended()) futex_wait(sleeping_, 1, until);
    sleeping_.store(0, std::memory_order_relaxed);
  }
}

void CompletionQueue::forget(Hook* hook) noexcept {
  // Also where it was fired: whoever fired it may not have done with the state's list.
  hook->state.detach(*hook);
  if (hook->prev_watched != nullptr)
    hook->prev_watched->next_watched = hook->next_watched;
  else
    hooks_ = hook->next_watched;
  if (hook->next_watched != nullptr) hook->next_watched->prev_watched = hook->prev_watched;
  --watched_;
  delete hook;
}

void CompletionQueue::stop_watching() noexcept {
  while (hooks_ != nullptr) forget(hooks_);
  ended_.store(nullptr, std::memory_order_relaxed);
  in_order_ = nullptr;
}

}  // namespace muster::detail
