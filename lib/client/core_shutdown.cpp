// How a pool ends.

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mutex>
#include <utility>

#include "lib/client/pool_registry.hpp"
#include "lib/client/process_core.hpp"
#include "lib/common/futex.hpp"

namespace muster::detail {

void ProcessCore::close(bool cancel_pending) noexcept {
  Lock lock(mutex());
  if (life_ == Life::open) {
    life_ = Life::closed;
    tasks_.header().state.store(PoolPhase::shut_down);
  }
  if (cancel_pending) cancel_what_waits();
  // What ends from now on may be the last: the pump must hear of it, to end the workers.
  in_flight_.for_each_in_use([this](std::uint32_t slot) {
    slots_.ask(slot, kAttentionNotify);
    mark_telling(slot, true);
  });
  harvest_all();
  refill();
  end_workers_if_done();
  if (progress_waiters_ != 0) announce_progress();  // those in submit are to be told
}

void ProcessCore::cancel_what_waits() {
  // What waits behind first: it is not to get the slots that are freed below.
  for (Behind* node = backlog_.front(); node != nullptr; node = node->next) {
    if (node->state != nullptr) cancel_behind(*node);
  }
  in_flight_.for_each_in_use([this](std::uint32_t slot) {
    Shadow& shadow = in_flight_[slot];
    if (!slots_.cancel(slot, shadow.tag)) return;
    StateBase* state = shadow.state;
    telemetry_.tell(EventKind::cancelled, slot, shadow.tag);
    free_slot(slot);
    count_ended(Ended::cancelled);
    if (state != nullptr) state->complete_cancelled();
  });
}

void ProcessCore::drain() noexcept {
  Lock lock(mutex());
  while (unfinished_ != 0) {
    if (harvest_ready(in_flight_.slots(), kHarvestPatience) == 0 && unfinished_ != 0) {
      refill();
      wait_for_progress(lock, Progress::oldest);
    }
    refill();
  }
}

void ProcessCore::finish() noexcept {
  const std::lock_guard once(finish_mutex_);
  if (std::exchange(finished_, true)) return;
  close(false);
  drain();
  pump_thread_->join();  // it ends when the supervisor has ended the workers
  pump_ended();
  unregister_pool(*this);
  BlockRegistry::remove_user(*this);
  socket_.reset();
  reap_supervisor();
  callbacks_.stop();
  Lock lock(mutex());
  tasks_.header().state.store(PoolPhase::closed);
  // A thread that was just told of the end of its task may still be on its way out.
  while (waiting_ != 0) wait_for_progress(lock, Progress::any);
}

void ProcessCore::drain_at_exit() noexcept {
  if (usable_here()) finish();
}

void ProcessCore::stop_workers(int signal) noexcept {
  {
    Lock lock(mutex());
    if (life_ == Life::broken || queue_closed_) return;
    life_ = Life::closed;
  }
  Message message;
  message.kind = MessageKind::stop_workers;
  message.code = signal;
  // A supervisor that is gone has taken the workers with it; the pump will say so.
  send_message(socket_.get(), message, SendMode::wait, -1, supervisor_pidfd_.get());
  // One that somebody has stopped is to do it all the same; fails where it is gone.
  ::syscall(SYS_pidfd_send_signal, supervisor_pidfd_.get(), SIGCONT, nullptr, 0);
  Lock lock(mutex());
  while (life_ != Life::broken && !pump_done_) wait_for_progress(lock, Progress::any);
}

void ProcessCore::release_in_child() noexcept {
  source_.forget_in_child();
  if (segments_) segments_->close_in_child();
  socket_.reset();
  doorbell_.reset();
  blocks_socket_.reset();
  supervisor_pidfd_.reset();
  for (FileDescriptor& pidfd : worker_pidfds_) pidfd.reset();
}

}  // namespace muster::detail
