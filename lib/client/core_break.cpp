// A pool that breaks: why, and how every future that is unfinished fails; and what the client
// itself gives a pool up for.

#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "lib/client/process_core.hpp"
#include "lib/common/signals.hpp"
#include "lib/inspect/death_text.hpp"

namespace muster::detail {

namespace {

constexpr std::string_view kAbrupt =
    "a process of the pool was terminated abruptly while the future was running or pending: ";

}  // namespace

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
    // Where workers are not replaced nothing is run again.
    const bool retried = extras != nullptr && on_worker_death_ == OnWorkerDeath::replace;
    sentence = describe_death(facts, retried ? extras->attempts : 1,
                              retried ? extras->retries + 1 : 1, Requeued::fail_with_the_pool);
  }
  const std::string text = message.text;
  switch (message.cause) {
    case BreakCause::worker_died: sentence.insert(0, kAbrupt); return;
    case BreakCause::too_many_deaths:
      sentence = "the pool was given up because " + text + "; the last: " + sentence;
      return;
    case BreakCause::initializer_failed:
      sentence = "the pool broke because its initializer threw " + text;
      return;
    case BreakCause::limits_failed:
      sentence = "the pool broke because its limits could not be set in a worker: " + text;
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

// Every future that is unfinished fails. The workers are dead: what they have finished is kept,
// also of chunks.
void ProcessCore::break_pool(const WorkerDeath& death, const std::string& sentence) {
  if (life_ == Life::broken) return;
  harvest_all();
  const BrokenProcessPool why(sentence, death);
  fail_all(&why);
}

std::exception_ptr ProcessCore::why_broken() const {
  if (tasks_.header().state.load() != PoolPhase::broken) return nullptr;
  const Lock lock(mutex());
  return broken_ ? std::make_exception_ptr(*broken_) : nullptr;
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
  tell_why_broken(why != nullptr ? why->what() : no_memory_->what());
  tasks_.header().state.store(PoolPhase::broken);
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
    tell_ended_with_pool(slot);
    const std::unique_ptr<Extras> extras = take_extras(slot);
    const bool counted = extras && extras->kill == KillReason::cancel;
    Delivery delivery;
    bool in_part = extras && extras->items != 0 && state != nullptr && why != nullptr;
    try {
      if (in_part) keep_committed(slot, *extras);
      if (in_part) delivery = deliver_blocks(in_flight_[slot].tag);
      in_part = in_part && extras->assembly.items() != 0;
      while (in_part && extras->assembly.items() < extras->items) {
        extras->assembly.add_failure(error_of_its_own());
      }
    } catch (const std::bad_alloc&) {
      in_part = false;  // it fails as a whole
    }
    free_slot(slot);
    if (!counted) count_ended(Ended::failed);
    in_part ? deliver_assembly(state, *extras, std::move(delivery))
            : complete_error(state, std::move(error));
  });
  while (!backlog_.empty()) {
    Behind& node = *backlog_.front();
    StateBase* state = node.state;
    if (state != nullptr) telemetry_.tell(EventKind::cancelled, node);
    drop_behind(node);
    if (state == nullptr) continue;
    count_ended(Ended::failed);
    complete_error(state, error_of_its_own());
  }
  backlog_cancelled_ = 0;
  count_behind();
  if (progress_waiters_ != 0) announce_progress();
}

// To those who look at the pool.
void ProcessCore::tell_why_broken(std::string_view why) noexcept {
  if (why.starts_with(kAbrupt)) why.remove_prefix(kAbrupt.size());  // said to whom had a future
  auto& place = tasks_.header().why_broken;
  const std::size_t length = std::min(why.size(), sizeof(place) - 1);
  std::memcpy(place, why.data(), length);
  place[length] = '\0';
}

// The death of this number, if there was one that had no message of its own.
void ProcessCore::tell_what_broke_it(std::uint64_t number) {
  const DeathRecord* const record = find_death(number);
  if (record == nullptr || record->task == 0 || number == deaths_told_) return;
  telemetry_.tell_died(*record);
  telemetry_.count_lost(static_cast<std::uint8_t>(record->name));
  broken_by_ = Hint(record->task - 1).tag();
}

// What the other workers ran was stopped for it.
void ProcessCore::tell_ended_with_pool(std::uint32_t slot) {
  const SlotWord word = slots_.read(slot);
  const TaskTag tag = in_flight_[slot].tag;
  if (word.tag() != tag || tag == broken_by_) return;
  word.status() == SlotStatus::pending ? telemetry_.tell(EventKind::cancelled, slot, tag)
                                       : telemetry_.tell(EventKind::died, slot, tag, word.owner());
}

// The items that the dead worker had committed of the chunk in this slot.
void ProcessCore::keep_committed(std::uint32_t slot, Extras& extras) {
  const SlotWord word = slots_.read(slot);
  if (word.owner() >= geometry_.workers) return;
  const WorkerRecord& record = results_.window(word.owner()).record();
  switch (word.status()) {
    case SlotStatus::died:
    case SlotStatus::killed: break;
    case SlotStatus::running:
    case SlotStatus::killing:
      // Its worker has died with the supervisor, who would have changed the word. Acquire: as in
      // enforce_timeouts().
      if (!worker_has_ended(word.owner()) || record.current.load(std::memory_order_acquire) !=
                                                 Hint(slot, in_flight_[slot].tag).bits() + 1) {
        return;
      }
      break;
    default: return;
  }
  take_items_of(extras, in_flight_[slot].tag, word.owner(), record.chunk_region.load(),
                record.chunk_items.load());
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
