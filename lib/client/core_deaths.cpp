// What becomes of a task whose worker has died: it fails, runs again, or goes on with what is left
// of its chunk.

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <utility>

#include "lib/client/process_core.hpp"
#include "lib/common/ticks.hpp"
#include "lib/inspect/death_text.hpp"

namespace muster::detail {

namespace {

// Of a task's deaths, those that are told one by one.
constexpr std::size_t kToldDeaths = 16;

}  // namespace

// Acquire pairs with BlockCache::count_held(): what a task has kept was counted, and what it has
// sent is in the socket, before its end could be seen.
bool ProcessCore::workers_hold_blocks() const noexcept {
  if (workers_are_gone_.load()) return false;
  for (std::uint32_t w = 0; w < geometry_.workers; ++w) {
    if (results_.window(w).record().blocks_held.load(std::memory_order_acquire) != 0) return true;
  }
  int on_their_way = 0;
  if (::ioctl(blocks_socket_.get(), SIOCINQ, &on_their_way) != 0 || on_their_way != 0) return true;
  return inbox_.waiting();
}

// Without the pool's lock, which who lets the block go may hold.
void ProcessCore::tell_block_gone(bool at_once) noexcept {
  tasks_.header().blocks_gone.fetch_add(1);
  if (!at_once) return;
  wakes_for_blocks_wanted_.fetch_add(1);
  ring_doorbell();
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
  DeathFacts facts = read_death(record, task, seconds);
  facts.death.backtrace = code_places_.backtrace(facts.frames);
  return facts;
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
  if (record->task != 0) telemetry_.tell_died(*record);
  deaths_told_ = number;
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
  // Whatever its word says by now, which its worker can write: the kill was begun.
  if (why == KillReason::cancel) {
    // The future is cancelled and counted already.
    free_slot(slot);
    return;
  }
  if (extras != nullptr && extras->items != 0) {
    const std::uint32_t before = extras->first;
    inbox_.receive(blocks_socket_.get());  // what nobody wants of it the pump drops
    extras->carries = extras->carries || inbox_.has(shadow.tag.id());
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

  telemetry_.count_lost(tasks_.part(slot).name);
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
  Delivery delivery = extras->carries ? deliver_blocks(in_flight_[slot].tag) : Delivery();
  free_slot(slot);
  count_ended(Ended::finished);
  deliver_assembly(state, *extras, std::move(delivery));
}

// The task, or what is left of the chunk, is to be run again.
void ProcessCore::go_on(std::uint32_t slot) {
  Shadow& shadow = in_flight_[slot];
  TaskPart& part = tasks_.part(slot);
  if (shadow.extras->items != 0) {
    part.where.first = shadow.extras->first;
    ItemHold<StdPlatform>::let_go(part.stop);
  }
  shadow.extras->seen = false;
  shadow.extras->seen_items = 0;
  shadow.tag = shadow.tag.next_attempt();
  telemetry_.tell_requeued(slot, shadow.tag);
  if (shadow.sleepers != 0) slots_.rouse(slot);
  publish(slot, true);
  wake_if_needed(in_flight_.size());
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

}  // namespace muster::detail
