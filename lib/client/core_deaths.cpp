// What becomes of tasks when workers, the supervisor or the pool die.

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <new>

#include <muster/log.hpp>

#include "lib/client/death_text.hpp"
#include "lib/client/process_core.hpp"
#include "lib/common/signals.hpp"
#include "lib/common/small_file.hpp"
#include "lib/common/ticks.hpp"

namespace muster::detail {

namespace {

const char* const kAbrupt =
    "a process of the pool was terminated abruptly while the future was running or pending: ";

// Of a task's deaths, those that are told one by one.
constexpr std::size_t kToldDeaths = 16;

// How long the workers of a dead supervisor are waited for.
constexpr std::int64_t kOrphansEndNs = 10'000'000'000;

bool ended_until(const FileDescriptor& pidfd, Deadline until) {
  pollfd exited{pidfd.get(), POLLIN, 0};
  while (true) {
    const std::int64_t left = until.remaining().nanoseconds();
    timespec timeout{};
    timeout.tv_sec = left / kNanosPerSecond;
    timeout.tv_nsec = left % kNanosPerSecond;
    const int ready = ::ppoll(&exited, 1, &timeout, nullptr);
    if (ready > 0) return true;
    if (until.expired()) return false;
  }
}

// Of a process whose parent died and that has ended: it is this one's where that is its namespace's
// first process, or a subreaper. ECHILD where it is not.
void reap_if_ours(const FileDescriptor& pidfd) {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED | WNOHANG | __WALL) < 0 &&
         errno == EINTR) {
  }
}

}  // namespace

// By what the kernel says of the descriptor; 0 where the process is reaped, or there is no /proc.
pid_t ProcessCore::pid_of(const FileDescriptor& pidfd) {
  const std::string text = read_small_file("/proc/self/fdinfo/" + std::to_string(pidfd.get()));
  const std::size_t line = text.find("\nPid:");
  if (line == std::string::npos) return 0;
  return std::max(0, std::atoi(text.c_str() + line + 5));
}

// What the worker's tasks have started: the supervisor that would do it is gone. Nobody else's
// group has that number: a process keeps its own until it is reaped, and later the number is not
// given out again while one of the group is left; a process that has it then is none of ours.
void ProcessCore::kill_group(std::uint32_t worker) {
  const pid_t pid = worker_groups_[worker];
  const WorkerFacts& facts = facts_.worker(worker);
  // The supervisor had buried it, and its group before it.
  if (pid == 0 || facts.pid.load() != static_cast<std::uint32_t>(pid)) return;
  // One that has ended in order leaves running what its tasks have started.
  const WorkerRecord& record = results_.window(worker).record();
  if (record.incarnation.load() == facts.incarnation.load() &&
      record.phase.load() == WorkerPhase::ended) {
    return;
  }
  const bool reaped = pid_of(worker_pidfds_[worker]) != pid;
  if (reaped && (::kill(pid, 0) == 0 || errno != ESRCH)) return;
  ::kill(-pid, SIGKILL);
}

DeathFacts ProcessCore::facts_of(const DeathRecord& record) const {
  std::string task;
  double seconds = 0;
  if (record.task != 0) {
    const std::uint32_t slot = Hint(record.task - 1).slot() & (geometry_.slots - 1);
    task = types_->name(tasks_.part(slot).name);
    const PoolHeader& header = tasks_.header();
    const TickScale scale(header.created_ticks, header.created_monotonic_ns);
    seconds = static_cast<double>(scale.nanoseconds(record.ran_for_ticks)) * 1e-9;
  }
  return read_death(record, task, seconds);
}

const DeathRecord* ProcessCore::find_death(std::uint64_t number) const {
  if (number == 0) return nullptr;
  const DeathRecord& record = facts_.facts().death[(number - 1) % kDeaths];
  // Acquire pairs with publish_death(): the fields are there if the number is.
  return record.number.load(std::memory_order_acquire) == number ? &record : nullptr;
}

void ProcessCore::handle_death(std::uint64_t number) {
  // What it had finished stands, and comes first.
  harvest_all();
  const DeathRecord* record = find_death(number);
  if (record == nullptr) {
    return corrupted("the record of death " + std::to_string(number) + " is not there");
  }
  if (record->written_off != 0) returns_->quarantine(record->worker % geometry_.workers);
  if (record->task == 0) return;
  const Hint task(record->task - 1);
  const std::uint32_t slot = task.slot();
  if (!in_flight_.in_use(slot) || in_flight_[slot].tag != task.tag()) {
    return corrupted("worker " + std::to_string(record->worker) +
                     " died in a task that is not there");
  }
  end_attempt(slot, *record);
  refill();
}

// The worker died in the slot's task, or in one item of it.
void ProcessCore::end_attempt(std::uint32_t slot, const DeathRecord& record) {
  Shadow& shadow = in_flight_[slot];
  Extras* extras = shadow.extras.get();
  const DeathFacts facts = facts_of(record);
  const bool killed = record.task_was_killing != 0;
  const KillReason why = extras != nullptr ? extras->kill : KillReason::none;
  // The worker has not ended, and the kernel may still read its arguments: they stay for good.
  if (record.written_off != 0) shadow.block = kNoBlock;
  if (killed && why == KillReason::cancel) {
    // The future is cancelled and counted already.
    free_slot(slot);
    return;
  }
  if (extras != nullptr && extras->items != 0) {
    const std::uint32_t before = extras->first;
    take_items_of(*extras, shadow.tag, record.worker % geometry_.workers, record.chunk_region,
                  record.chunk_items);
    // It died of something after its last item.
    if (extras->first == extras->items) return end_chunk(slot);
    // The deaths before were another item's.
    if (extras->first != before) extras->begin_item();
    if (killed && why == KillReason::timeout && extras->first > extras->killed_item) {
      // The item that it was killed for came to its end all the same, and no other was begun.
      extras->kill = KillReason::none;
      return go_on(slot);
    }
  }
  const unsigned attempt = extras != nullptr ? extras->attempts : 1;
  const unsigned attempts = extras != nullptr ? extras->retries + 1 : 1;
  const std::string sentence = describe_death(facts, attempt, attempts);
  if (!killed && extras != nullptr && extras->retries_left != 0) {
    --extras->retries_left;
    ++extras->attempts;
    if (extras->deaths.size() < kToldDeaths) extras->deaths.push_back(sentence);
    return go_on(slot);
  }

  std::exception_ptr error;
  if (killed && why == KillReason::timeout) {
    error = std::make_exception_ptr(TaskTimeoutError(
        "task " + std::to_string(facts.task_id) + " \"" + facts.death.task_name +
        "\" ran past its limit of " + seconds_text(static_cast<double>(extras->timeout_ns) * 1e-9) +
        " on worker " + std::to_string(facts.death.worker_index) + " (pid " +
        std::to_string(facts.death.worker_pid) + "), which " +
        (record.written_off != 0 ? facts.cause : "was killed for it")));
  } else {
    std::string text = sentence;
    if (extras != nullptr && !extras->deaths.empty()) {
      text += "; before that";
      for (const std::string& death : extras->deaths) text += ", " + death;
      const std::size_t untold = extras->attempts - 1 - extras->deaths.size();
      if (untold != 0) text += ", and " + std::to_string(untold) + " deaths more";
    }
    error = std::make_exception_ptr(WorkerDiedError(text, facts.death));
  }
  if (extras != nullptr && extras->items != 0) {
    extras->assembly.add_failure(error);
    extras->kill = KillReason::none;
    extras->begin_item();
    if (++extras->first < extras->items) return go_on(slot);
    return end_chunk(slot);
  }
  StateBase* state = shadow.state;
  free_slot(slot);
  count_ended(Ended::failed);
  complete_error(state, std::move(error));
}

// Every item of the chunk in this slot has come to something.
void ProcessCore::end_chunk(std::uint32_t slot) {
  const std::unique_ptr<Extras> extras = take_extras(slot);
  StateBase* state = in_flight_[slot].state;
  free_slot(slot);
  count_ended(Ended::finished);
  deliver_assembly(state, *extras);
}

// The task, or what is left of the chunk, is to be run again.
void ProcessCore::go_on(std::uint32_t slot) {
  Shadow& shadow = in_flight_[slot];
  TaskPart& part = tasks_.part(slot);
  if (shadow.extras->items != 0) {
    part.where.first = shadow.extras->first;
    let_items_go_on(slot);
  }
  shadow.tag = shadow.tag.next_attempt();
  if (shadow.sleepers != 0) slots_.rouse(slot);
  publish(slot, true);
  wake_if_needed(in_flight_.size());
}

void ProcessCore::describe_break(const Message& message, WorkerDeath& death,
                                 std::string& sentence) const {
  const DeathRecord* record = find_death(message.number);
  if (record != nullptr) {
    const DeathFacts facts = facts_of(*record);
    death = facts.death;
    const Hint task(record->task - 1);
    const bool here = record->task != 0 && in_flight_.in_use(task.slot()) &&
                      in_flight_[task.slot()].tag == task.tag();
    const Extras* const extras = here ? in_flight_[task.slot()].extras.get() : nullptr;
    sentence = extras != nullptr ? describe_death(facts, extras->attempts, extras->retries + 1)
                                 : describe_death(facts, 1, 1);
  }
  const std::string text = message.text;
  switch (message.cause) {
    case BreakCause::worker_died: sentence = kAbrupt + sentence; return;
    case BreakCause::too_many_deaths:
      sentence = "the pool was given up because " + text + "; the last: " + sentence;
      return;
    case BreakCause::initializer_failed:
      sentence = "the pool broke because its initializer threw " + text;
      return;
    case BreakCause::cannot_replace:
      sentence = "the pool broke because a worker could not be started: " + text +
                 (sentence.empty() ? "" : "; it was to replace one that died: " + sentence);
      return;
    case BreakCause::cannot_watch:
      sentence = "the pool broke because its supervisor could not watch its workers: " + text;
      return;
    case BreakCause::stopped:
      sentence = given_up_sentence();
      if (!sentence.empty()) return;
      sentence = std::string("the pool's workers were stopped by ") + signal_name(message.code) +
                 ", as the program asked";
      return;
  }
}

// Every future that is unfinished fails. The workers are dead: what they have finished is kept,
// also of chunks.
void ProcessCore::break_pool(const WorkerDeath& death, const std::string& sentence) {
  if (life_ == Life::broken) return;
  harvest_all();
  const BrokenProcessPool why(sentence, death);
  fail_all(&why);
}

// Each with an error of its own, as far as there is memory for that. Null: there is none. What has
// begun is ended, whatever there is no memory for, and may be done again for what is left.
void ProcessCore::fail_all(const BrokenProcessPool* why) {
  const auto error_of_its_own = [&] {
    try {
      if (why != nullptr) {
        return std::make_exception_ptr(BrokenProcessPool(std::string(why->what()), why->death()));
      }
    } catch (const std::bad_alloc&) {
      why = nullptr;
    }
    return no_memory_error_;
  };
  life_ = Life::broken;
  tasks_.header().state.store(PoolState::broken);
  if (!broken_) {
    try {
      broken_ = why != nullptr ? *why : *no_memory_;
    } catch (const std::bad_alloc&) {
      broken_ = *no_memory_;
    }
  }
  in_flight_.for_each_in_use([&](std::uint32_t slot) {
    StateBase* state = in_flight_[slot].state;
    std::exception_ptr error = error_of_its_own();
    const std::unique_ptr<Extras> extras = take_extras(slot);
    const bool counted = extras && extras->kill == KillReason::cancel;
    bool in_part = extras && extras->items != 0 && state != nullptr && why != nullptr;
    try {
      if (in_part) keep_committed(slot, *extras);
      in_part = in_part && extras->assembly.items() != 0;
      while (in_part && extras->assembly.items() < extras->items) {
        extras->assembly.add_failure(error_of_its_own());
      }
    } catch (const std::bad_alloc&) {
      in_part = false;  // it fails as a whole
    }
    free_slot(slot);
    if (!counted) count_ended(Ended::failed);
    in_part ? deliver_assembly(state, *extras) : complete_error(state, std::move(error));
  });
  while (!backlog_.empty()) {
    Behind& node = *backlog_.front();
    StateBase* state = node.state;
    drop_arguments(node.part, node.heap_arguments);
    delete node.extras;
    backlog_.pop();
    if (state == nullptr) continue;
    count_ended(Ended::failed);
    complete_error(state, error_of_its_own());
  }
  backlog_cancelled_ = 0;
  count_behind();
  if (progress_waiters_ != 0) announce_progress();
}

// The items that the dead worker had committed of the chunk in this slot.
void ProcessCore::keep_committed(std::uint32_t slot, Extras& extras) {
  const SlotWord word = slots_.read(slot);
  if (word.status() != SlotStatus::died && word.status() != SlotStatus::killed) return;
  if (word.owner() >= geometry_.workers) return;
  const WorkerRecord& record = results_.window(word.owner()).record();
  take_items_of(extras, in_flight_[slot].tag, word.owner(), record.chunk_region.load(),
                record.chunk_items.load());
}

// Where the worker says that they are, as far as that can be.
void ProcessCore::take_items_of(Extras& extras, TaskTag tag, std::uint32_t worker,
                                std::uint64_t region, std::uint32_t counted) {
  const std::uint64_t offset = ChunkRegion::offset(region);
  const std::uint64_t size = ChunkRegion::size(region);
  std::span<const std::byte> bytes;
  if (region != 0 && may_lie_at(offset, size)) {
    bytes = {results_.window(worker).arena() + offset, size};
  }
  take_items(extras, tag, worker, bytes, counted);
}

void ProcessCore::take_items(Extras& extras, TaskTag tag, std::uint32_t worker,
                             std::span<const std::byte> region, std::uint32_t counted) {
  const std::uint32_t most = extras.items - extras.first;
  if (!checksum_results_) {
    extras.first += extras.assembly.add_piece(region, counted, most);
    return;
  }
  // They have run, and are not run again.
  const auto spoiled = std::make_exception_ptr(
      EncodingError("the result that worker " + std::to_string(worker) +
                    " left of an item does not match its checksum: its memory was written over"));
  const std::uint64_t key = SlotWord(SlotStatus::running, worker, tag).bits();
  extras.first +=
      extras.assembly.add_checked_piece(region, key, extras.first, counted, most, spoiled);
}

// Its workers die with it (PR_SET_PDEATHSIG). Futures fail only once they are gone: until then a
// task may still be running.
void ProcessCore::handle_supervisor_gone() {
  for (std::uint32_t w = 0; w < geometry_.workers; ++w) kill_group(w);
  std::string remain;
  await_orphans(&remain);
  Lock lock(mutex());
  if (queue_closed_ && unfinished_ == 0) return;  // the workers were about to end anyway
  WorkerDeath death;
  // Perhaps it ended because this process told it to, by the end of its socket.
  std::string sentence = given_up_sentence();
  if (sentence.empty()) {
    sentence = std::string(kAbrupt) + "its supervisor (pid " + std::to_string(supervisor_) +
               ") ended, and the workers with it";
  }
  break_pool(death, sentence + remain);
}

// `remain`: where to say who does not end, if there is memory for that.
void ProcessCore::await_orphans(std::string* remain) {
  // Whatever made us think that it is gone: now it does end its workers, and leaves.
  ::shutdown(socket_.get(), SHUT_RDWR);
  const Deadline until = Deadline::at(monotonic_ns() + kOrphansEndNs);
  // Its socket is closed before its children are given to another parent.
  const bool ended = supervisor_pidfd_ && ended_until(supervisor_pidfd_, until);
  for (std::size_t w = 0; w < worker_pidfds_.size(); ++w) {
    if (!worker_pidfds_[w]) continue;
    if (ended_until(worker_pidfds_[w], until)) {
      reap_if_ours(worker_pidfds_[w]);
    } else if (remain != nullptr) {
      *remain += "; worker " + std::to_string(w) + " does not end of SIGKILL and was given up";
    }
  }
  if (ended) reap_unadmitted();
}

// The supervisor, which has ended, and those of its children that it had not admitted yet: they are
// in its group still, and this process's children where it is a subreaper. No news of them has
// come. They have no tasks and end at once, but for one that was stopped before it had asked the
// kernel for its signal.
void ProcessCore::reap_unadmitted() {
  siginfo_t info{};
  // As long as the supervisor is not reaped, the number of its group is nobody else's.
  const auto supervisor = static_cast<id_t>(supervisor_pidfd_.get());
  if (::waitid(P_PIDFD, supervisor, &info, WEXITED | WNOWAIT | WNOHANG | __WALL) == 0) {
    ::kill(-supervisor_, SIGKILL);
  }
  while (::waitid(P_PGID, static_cast<id_t>(supervisor_), &info, WEXITED | __WALL) == 0 ||
         errno == EINTR) {
  }
}

// Memory that workers can write holds what cannot be. Nothing in it can be relied on any more.
void ProcessCore::corrupted(std::string what) noexcept {
  if (!corrupted_.empty()) return;
  corrupted_ = std::move(what);
  stop_all_workers();
}

std::string ProcessCore::shared_memory_sentence() const {
  return "the pool was given up because its shared memory was written over: " + corrupted_;
}

// Why the client itself had the workers stopped; "" if it had not.
std::string ProcessCore::given_up_sentence() const {
  if (!corrupted_.empty()) return shared_memory_sentence();
  return given_up_.empty() ? "" : "the pool was given up because " + given_up_;
}

// The supervisor answers with the news that the pool is broken; one that is gone is news too.
void ProcessCore::give_up(std::string why) noexcept {
  if (given_up_.empty()) given_up_ = std::move(why);
  stop_all_workers();
}

void ProcessCore::stop_all_workers() {
  Message message;
  message.kind = MessageKind::stop_workers;
  message.code = SIGKILL;
  // With no room for a message under the lock: a socket that ends says the same.
  if (!send_message(socket_.get(), message, SendMode::at_once)) {
    ::shutdown(socket_.get(), SHUT_WR);
  }
}

}  // namespace muster::detail
