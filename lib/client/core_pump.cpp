// The pump: the pool's own thread in the client, for what no thread of the program comes by to do.
// It sleeps on a doorbell that workers ring and on the supervisor's socket.

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <new>
#include <utility>

#include <muster/log.hpp>

#include "lib/client/life_watch.hpp"
#include "lib/client/process_core.hpp"
#include "lib/common/ticks.hpp"

namespace muster::detail {

namespace {
constexpr std::int64_t kWatchPeriodNs = 2'000'000;
constexpr std::int64_t kTidyPeriodNs = 1'000'000'000;
// While it always finds tasks that have ended, in so many turns it reads its messages once.
constexpr unsigned kBusyTurns = 32;
}  // namespace

void ProcessCore::pump() {
  ::pthread_setname_np(::pthread_self(), "muster-pump");
  {
    const auto watch = LifeWatch::begin(results_, [this](std::uint32_t w) { tell_dying(w); });
    try {
      pump_until_end();
    } catch (const std::bad_alloc&) {
      end_without_memory();
    }
  }
  // The workers are gone, and with them whatever they held; nobody comes by here any more.
  std::vector<std::shared_ptr<SharedBlock>> buried;
  BlockInbox::Blocks unwanted;
  const Lock lock(mutex());
  buried.swap(buried_);
  inbox_.receive(blocks_socket_.get());
  unwanted = inbox_.take_all_but([](const BlockMessage&) { return false; });
  workers_are_gone_.store(true);
  pump_done_ = true;
  if (progress_waiters_ != 0) announce_progress();
}

void ProcessCore::pump_until_end() {
  auto& sleeps = control_.header().pump_sleeps;
  unsigned busy = 0;
  while (true) {
    std::int64_t timeout = kNoLimit;
    std::vector<std::shared_ptr<SharedBlock>> buried;
    BlockInbox::Blocks unwanted;
    {
      Lock lock(mutex());
      take_completions();
      if (const std::uint32_t wanted = wakes_for_blocks_wanted_.load();
          std::exchange(wakes_for_blocks_, wanted) != wanted) {
        parking_->wake_all();
      }
      if (blocks_came_ || !inbox_.empty()) unwanted = take_in_blocks();
      refill();
      timeout = enforce_timeouts();
      // Those who wait by way of the pump cannot look for themselves.
      if (telling_ != 0 || queue_closed_) {
        audit();
        timeout = timeout < 0 ? kAuditPeriodNs : std::min(timeout, kAuditPeriodNs);
      }
      pump_patient_ = timeout < 0;
      if (const std::int64_t next = tidy(); next >= 0) {
        timeout = timeout < 0 ? next : std::min(timeout, next);
      }
      buried.swap(buried_);
    }
    buried.clear();
    unwanted.clear();
    // Mark, look, sleep; a worker publishes, then looks at the mark (TaskRunner::tell). All of it
    // is seq_cst, so one of the two sees the other.
    sleeps.store(1);
    if (completions_waiting()) {
      sleeps.store(0);
      // Tasks that end without a pause are not to hide a death.
      if (++busy % kBusyTurns == 0 && !handle_messages()) return;
      continue;
    }
    const bool message = sleep_in_pump(timeout);
    sleeps.store(0);
    if (message && !handle_messages()) return;
  }
}

// Some step of the pump could not be taken, and nobody would take it again. The workers are ended,
// and then every future fails. Nothing here asks for memory.
void ProcessCore::end_without_memory() noexcept {
  stop_all_workers();
  while (auto news = await_message()) {
    auto& [message, pidfd] = *news;
    if (message.kind != MessageKind::worker_started || message.worker >= geometry_.workers)
      continue;
    if (pidfd) {
      worker_pidfds_[message.worker] = std::move(pidfd);
    } else {
      watch_by_number(message.worker, message.pid);
    }
  }
  await_orphans(nullptr);
  Lock lock(mutex());
  harvest_all();
  fail_all(nullptr);
}

// None: the supervisor is gone, and all that it said was read.
std::optional<ProcessCore::News> ProcessCore::await_message() const {
  while (true) {
    pollfd fds[] = {{socket_.get(), POLLIN, 0}, {supervisor_pidfd_.get(), POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0) continue;
    const bool ended = fds[1].revents != 0;  // looked at before the last message is read
    News news;
    const ReceiveResult got = receive_message(socket_.get(), news.message, news.pidfd);
    if (got == ReceiveResult::message) return news;
    if (got == ReceiveResult::closed || ended) return std::nullopt;
  }
}

// True if the supervisor has something to say.
bool ProcessCore::sleep_in_pump(std::int64_t timeout_ns) {
  const Deadline until =
      timeout_ns < 0 ? Deadline::never() : Deadline::after(std::chrono::nanoseconds(timeout_ns));
  // The supervisor's pidfd as well: another process that the program forked at the wrong moment may
  // keep its end of the socket open.
  pollfd fds[] = {{doorbell_.get(), POLLIN, 0},
                  {socket_.get(), POLLIN, 0},
                  {supervisor_pidfd_.get(), POLLIN, 0},
                  {blocks_socket_.get(), POLLIN, 0}};
  nfds_t looked_at = std::size(fds);
  while (true) {
    const bool watching = parking_->watched();
    std::int64_t left = until.remaining().nanoseconds();
    if (watching) left = std::min(left, kWatchPeriodNs);
    timespec timeout{};
    timeout.tv_sec = left / kNanosPerSecond;
    timeout.tv_nsec = left % kNanosPerSecond;
    const bool forever = until.is_never() && !watching;
    const int ready = ::ppoll(fds, looked_at, forever ? nullptr : &timeout, nullptr);
    if (ready > 0) break;
    // The kernel refuses more than the program may have open by now (RLIMIT_NOFILE). Without any to
    // spare no block could be received.
    if (ready < 0 && errno == EINVAL && looked_at == std::size(fds)) {
      --looked_at;
      continue;
    }
    if (ready == 0 && watching) watch_workers();
    if (ready < 0 || until.expired()) return false;
  }
  if (fds[0].revents != 0) {
    std::uint64_t count = 0;
    // Empties it; another thread cannot, so it does not block.
    while (::read(doorbell_.get(), &count, sizeof(count)) < 0 && errno == EINTR) {
    }
  }
  blocks_came_ = fds[3].revents != 0;
  supervisor_ended_ = fds[2].revents != 0;
  return fds[1].revents != 0 || supervisor_ended_;
}

bool ProcessCore::completions_waiting() const {
  for (std::uint32_t w = 0; w < geometry_.workers; ++w) {
    if (results_.window(w).record().completed.load(std::memory_order_seq_cst) !=
        completions_seen_[w]) {
      return true;
    }
  }
  return false;
}

void ProcessCore::take_completions() {
  for (std::uint32_t w = 0; w < geometry_.workers; ++w) {
    const WorkerRecord& record = results_.window(w).record();
    const std::uint64_t seen = completions_seen_[w];
    // Acquire: the entries before it were written before it.
    const std::uint64_t written = record.completed.load(std::memory_order_acquire);
    completions_seen_[w] = written;
    bool lapped = written - seen >= kCompletions;
    for (std::uint64_t i = seen; !lapped && i != written; ++i) {
      const std::uint32_t slot =
          record.completions[i % kCompletions].load(std::memory_order_relaxed);
      if (in_flight_.in_use(slot)) harvest(slot);
      // The worker does not wait for us: an entry may be written over while we are on our way to
      // it. Acquire pairs with the entry's release (TaskRunner::tell): if it is one of a later lap,
      // the count says so. On x86-64, where loads stay in order, the fence only keeps the compiler
      // from reading the count first.
      std::atomic_thread_fence(std::memory_order_acquire);
      lapped = record.completed.load(std::memory_order_relaxed) - i >= kCompletions;
    }
    if (lapped) harvest_all();
  }
}

// What is left lying where nobody comes by: results that nobody asks for are taken in, and memory
// that was not used since the last look goes back. Nanoseconds until the next one.
std::int64_t ProcessCore::tidy() {
  if (!tidy_due_) return kNoLimit;
  const std::int64_t now = monotonic_ns();
  if (tidy_at_ns_ == 0) tidy_at_ns_ = now + kTidyPeriodNs;
  if (now < tidy_at_ns_) return tidy_at_ns_ - now;
  harvest_all();
  if (std::exchange(tidied_uses_, argument_uses_) != argument_uses_) {
    trimmed_ = false;
  } else if (!std::exchange(trimmed_, true) && arguments_.worth_trimming()) {
    arguments_.trim();
    count_arguments();
    tidied_uses_ = argument_uses_;
  }
  tidy_due_ = !trimmed_ || in_flight_.size() != 0;
  tidy_at_ns_ = tidy_due_ ? now + kTidyPeriodNs : 0;
  return tidy_due_ ? kTidyPeriodNs : kNoLimit;
}

void ProcessCore::ring_doorbell() {
  const std::uint64_t one = 1;
  // EAGAIN cannot come but with a counter that rings already.
  while (::write(doorbell_.get(), &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

// By the watch's thread. Where there is no room for it, the supervisor has enough to do.
void ProcessCore::tell_dying(std::uint32_t worker) {
  if (on_worker_death_ != OnWorkerDeath::replace) return;
  Message message;
  message.kind = MessageKind::dying;
  message.worker = worker;
  send_message(socket_.get(), message, SendMode::at_once);
}

// False: the supervisor is gone, and so are the workers.
bool ProcessCore::handle_messages() {
  while (true) {
    Message message;
    FileDescriptor pidfd;
    switch (receive_message(socket_.get(), message, pidfd)) {
      case ReceiveResult::none:
        if (!supervisor_ended_) return true;
        handle_supervisor_gone();
        return false;
      case ReceiveResult::closed: handle_supervisor_gone(); return false;
      case ReceiveResult::message:
        handle_message(message, std::move(pidfd));
        if (message.kind != MessageKind::ended && message.kind != MessageKind::broken) continue;
        // Here and not where it was found: there the lock is held, and the log handler is the
        // program's.
        if (!corrupted_.empty()) {
          log(LogLevel::error, "pool \"" + name_ + "\" was given up: " + corrupted_ +
                                   "; a task has written over its shared memory");
        }
        return false;
    }
  }
}

void ProcessCore::handle_message(const Message& message, FileDescriptor pidfd) {
  Lock lock(mutex());
  switch (message.kind) {
    case MessageKind::worker_started: {
      if (message.worker >= geometry_.workers) return;
      if (!pidfd) {
        watch_by_number(message.worker, message.pid);
        return give_up("worker " + std::to_string(message.worker) + " (pid " +
                       std::to_string(message.pid) +
                       ") cannot be watched: this process has no file descriptors left");
      }
      worker_groups_[message.worker] = pid_of(pidfd);
      worker_pidfds_[message.worker] = std::move(pidfd);
      // What its predecessor had finished is taken in now, and its memory given back when the
      // last of it is.
      harvest_all();
      taken_in_[message.worker].incarnation = message.incarnation;
      taken_in_[message.worker].tasks = 0;
      // 0: nobody has used the arena before it.
      if (message.number != 0) returns_->replaced(message.worker, message.number);
      return;
    }
    case MessageKind::death: return handle_death(message.number);
    case MessageKind::broken: {
      tell_what_broke_it(message.number);
      WorkerDeath death;
      std::string sentence;
      describe_break(message, death, sentence);
      return break_pool(death, sentence + message.remain);
    }
    case MessageKind::ended:
      if (queue_closed_) return;
      corrupted_ = "the queue says that it is closed, and the client has not closed it";
      return break_pool({}, shared_memory_sentence());
    default: return;
  }
}

void ProcessCore::end_workers_if_done() {
  if (queue_closed_ || unfinished_ != 0 || life_ == Life::open) return;
  queue_closed_ = true;
  ring_.close();
  parking_->wake_all();
  ring_doorbell();  // from now on it looks whether they leave
}

}  // namespace muster::detail
