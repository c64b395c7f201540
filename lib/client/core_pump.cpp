// The pump: the pool's own thread in the client, for what no thread of the program comes by to do.
// It sleeps on a doorbell that workers ring and on the supervisor's socket.

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <new>

#include <muster/log.hpp>

#include "lib/client/life_watch.hpp"
#include "lib/client/process_core.hpp"
#include "lib/common/futex.hpp"
#include "lib/common/ticks.hpp"

namespace muster::detail {

namespace {
constexpr std::int64_t kForever = -1;
constexpr std::int64_t kWatchPeriodNs = 2'000'000;
// How often a chunk with a time limit is looked at, as a part of the limit: its items begin
// unseen, so an item is stopped at most so much late.
constexpr std::int64_t kChunkLooks = 8;
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
  const Lock lock(mutex());
  pump_done_ = true;
  if (progress_waiters_ != 0) announce_progress();
}

void ProcessCore::pump_until_end() {
  auto& sleeps = control_.header().pump_sleeps;
  while (true) {
    std::int64_t timeout = kForever;
    {
      Lock lock(mutex());
      take_completions();
      refill();
      timeout = enforce_timeouts();
      // Those who wait by way of the pump cannot look for themselves.
      if (telling_ != 0 || queue_closed_) {
        audit();
        timeout = timeout < 0 ? kAuditPeriodNs : std::min(timeout, kAuditPeriodNs);
      }
      pump_patient_ = timeout < 0;
    }
    // Mark, look, sleep; a worker publishes, then looks at the mark (TaskRunner::tell). All of it
    // is seq_cst, so one of the two sees the other.
    sleeps.store(1);
    if (completions_waiting()) {
      sleeps.store(0);
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
    worker_pidfds_[message.worker] = std::move(pidfd);
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
      timeout_ns < 0 ? Deadline::never() : Deadline::at(monotonic_ns() + timeout_ns);
  // The supervisor's pidfd as well: another process that the program forked at the wrong moment may
  // keep its end of the socket open.
  pollfd fds[] = {{doorbell_.get(), POLLIN, 0},
                  {socket_.get(), POLLIN, 0},
                  {supervisor_pidfd_.get(), POLLIN, 0}};
  while (true) {
    const bool watching = parking_->watched();
    std::int64_t left = until.remaining().nanoseconds();
    if (watching) left = std::min(left, kWatchPeriodNs);
    timespec timeout{};
    timeout.tv_sec = left / kNanosPerSecond;
    timeout.tv_nsec = left % kNanosPerSecond;
    const bool forever = until.is_never() && !watching;
    const int ready = ::ppoll(fds, 3, forever ? nullptr : &timeout, nullptr);
    if (ready > 0) break;
    if (ready == 0 && watching) watch_workers();
    if (ready < 0 || until.expired()) return false;
  }
  if (fds[0].revents != 0) {
    std::uint64_t count = 0;
    // Empties it; another thread cannot, so it does not block.
    while (::read(doorbell_.get(), &count, sizeof(count)) < 0 && errno == EINTR) {
    }
  }
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
      // the count says so.
      std::atomic_thread_fence(std::memory_order_acquire);
      lapped = record.completed.load(std::memory_order_relaxed) - i >= kCompletions;
    }
    if (lapped) harvest_all();
  }
}

void ProcessCore::ring_doorbell() {
  const std::uint64_t one = 1;
  // EAGAIN cannot come but with a counter that rings already.
  while (::write(doorbell_.get(), &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

// Nanoseconds until the earliest limit could be reached; forever where there is none.
std::int64_t ProcessCore::enforce_timeouts() {
  if (timed_.empty()) return kForever;
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  const PoolHeader& header = tasks_.header();
  const std::uint64_t now_ticks = ticks_now();
  const std::int64_t now = monotonic_ns();
  const TickScale scale(header.created_ticks, header.created_monotonic_ns, now_ticks, now);
  for (const std::uint32_t slot : std::vector<std::uint32_t>(timed_)) {
    Shadow& shadow = in_flight_[slot];
    Extras& extras = *shadow.extras;
    const SlotWord word = slots_.read(slot);
    std::int64_t left = extras.timeout_ns;
    if (word.status() == SlotStatus::running && word.owner() < geometry_.workers) {
      const WorkerRecord& record = results_.window(word.owner()).record();
      // Acquire pairs with the worker's claim: the start belongs to this task.
      const bool begun =
          record.current.load(std::memory_order_acquire) == Hint(slot, shadow.tag).bits() + 1;
      const std::uint32_t done =
          extras.items != 0 ? record.chunk_items.load(std::memory_order_relaxed) : 0;
      if (extras.seen_tag != shadow.tag.bits() || extras.seen_items != done) {
        extras.seen_tag = shadow.tag.bits();
        extras.seen_items = done;
        extras.seen_at_ns = now;
      }
      // It runs for longer than it has been seen running; that much needs no word of the worker's,
      // which may have written over its notes.
      left -= now - extras.seen_at_ns;
      if (extras.items == 0 && begun) {
        const std::uint64_t started = record.started_ticks.load(std::memory_order_relaxed);
        const std::int64_t ran = scale.nanoseconds(now_ticks > started ? now_ticks - started : 0);
        left = std::min(left, extras.timeout_ns - ran);
      }
      if (left <= 0 && (extras.items == 0 || hold_items(slot, word.owner(), done))) {
        extras.killed_item = extras.first + done;
        kill_for(slot, word.owner(), KillReason::timeout);
        continue;
      }
      if (left <= 0) left = extras.timeout_ns;  // the item has ended at this very moment
      // Between its claim and its note of the time: look again at once.
      if (!begun) left = 0;
      if (extras.items != 0) left = std::min(left, extras.timeout_ns / kChunkLooks);
    } else if (word.status() == SlotStatus::killing) {
      continue;  // the supervisor sees to it
    } else if (is_terminal(word.status())) {
      harvest(slot);
      continue;
    }
    // One that has not begun can reach its limit no earlier than that.
    next = std::min(next, std::max<std::int64_t>(left, 1'000'000));
  }
  return timed_.empty() || next == std::numeric_limits<std::int64_t>::max() ? kForever : next;
}

// True: the worker is to be killed for this task. False: the task has just ended, or its worker
// has. The word first, the signal after it: so the worker cannot have begun another task when the
// signal comes.
bool ProcessCore::kill_for(std::uint32_t slot, std::uint32_t worker, KillReason why) {
  Shadow& shadow = in_flight_[slot];
  // Before the word: without memory for it the worker is not to wait for its end.
  if (!shadow.extras) shadow.extras = std::make_unique<Extras>();
  if (!slots_.begin_kill(slot, shadow.tag, worker)) return false;
  shadow.extras->kill = why;
  ask_to_kill();
  return true;
}

// True: whoever runs the chunk begins no item behind the one that came next when so many were done,
// and that one has not ended. False: it has, and all goes on.
bool ProcessCore::hold_items(std::uint32_t slot, std::uint32_t worker, std::uint32_t done) {
  std::atomic<std::uint32_t>& stop = tasks_.part(slot).stop;
  // This and the look after it, and the worker's note of an item and its look before the next one
  // (ProcessTaskRunner::pass), are all seq_cst: one of the two sees the other.
  stop.fetch_or(kItemsHeld);
  if (results_.window(worker).record().chunk_items.load() == done) return true;
  let_items_go_on(slot);
  return false;
}

void ProcessCore::let_items_go_on(std::uint32_t slot) {
  std::atomic<std::uint32_t>& stop = tasks_.part(slot).stop;
  if ((stop.fetch_and(~std::uint32_t{kItemsHeld}) & kItemsHeld) == 0) return;
  futex_wake_all(stop, FutexScope::shared);
}

void ProcessCore::ask_to_kill() {
  Message message;
  message.kind = MessageKind::kill_task;
  // A supervisor that is gone takes its workers with it: the kill is done then, too. Where there is
  // no room, messages wait that make it look for words like this one.
  send_message(socket_.get(), message, SendMode::at_once);
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
        return give_up("worker " + std::to_string(message.worker) + " (pid " +
                       std::to_string(message.pid) +
                       ") cannot be watched: " + message.why_no_pidfd());
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
      WorkerDeath death;
      std::string sentence;
      describe_break(message, death, sentence);
      return break_pool(death, sentence);
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
}

}  // namespace muster::detail
