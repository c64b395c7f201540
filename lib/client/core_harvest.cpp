// From a slot to a future: what a worker has left is checked, copied or kept, and the slot is free.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <new>

#include <muster/error.hpp>

#include "lib/client/process_core.hpp"
#include "lib/common/checksum.hpp"
#include "lib/common/copy_bytes.hpp"
#include "lib/common/count.hpp"
#include "lib/common/prefetch.hpp"
#include "lib/common/ticks.hpp"
#include "lib/segments/headroom.hpp"

namespace muster::detail {

namespace {

// Aligned as where it came from: values in it may be read in place.
std::byte* heap_copy(const std::byte* data, std::size_t size) noexcept {
  std::byte* copy = allocate_for_writing(size);
  if (copy != nullptr) copy_bytes(copy, data, size);
  return copy;
}

// Results of at least this size are looked at twice.
constexpr std::uint64_t kLarge = std::uint64_t{16} << 20;

}  // namespace

// What `text` gives, as an error. Without memory for that, one that was made beforehand.
template <class Text>
std::exception_ptr ProcessCore::encoding_error(Text&& text) const noexcept {
  try {
    return std::make_exception_ptr(EncodingError(text()));
  } catch (const std::bad_alloc&) {
    return no_memory_for_bytes_;
  }
}

std::exception_ptr ProcessCore::outside_memory(std::uint32_t worker) const noexcept {
  return encoding_error([&] {
    return "worker " + std::to_string(worker) + " left a result that lies outside its memory";
  });
}

std::exception_ptr ProcessCore::no_memory_for(std::size_t size) const noexcept {
  return encoding_error([&] {
    return "the client has no memory for a result of " + std::to_string(size) + " bytes";
  });
}

// True if the slot's task had ended in order, and is taken in. Whoever asks may have no memory
// left, and what is in no table any more nobody would find again: so nothing is thrown.
bool ProcessCore::harvest(std::uint32_t slot) noexcept {
  const SlotWord word = slots_.read(slot);
  const Shadow& shadow = in_flight_[slot];
  if (word.tag() != shadow.tag || word.status() == SlotStatus::free) [[unlikely]] {
    cannot_be(slot, word);
    return false;
  }
  const bool failed = word.status() == SlotStatus::failed;
  // Unfinished; or ended with its worker, and then the pump takes it in, with the reason.
  if (word.status() != SlotStatus::done && !failed) return false;
  const bool killed = shadow.extras != nullptr && shadow.extras->kill != KillReason::none;
  if (killed || word.owner() >= geometry_.workers) [[unlikely]] {
    cannot_be(slot, word);
    return false;
  }
  TakenIn& taken_in = taken_in_[word.owner()];
  // Relaxed: of two incarnations either will do, and then none is told of yet.
  const std::uint64_t alive =
      facts_.worker(word.owner()).incarnation.load(std::memory_order_relaxed);
  ++(alive == taken_in.incarnation ? taken_in.tasks : taken_in.perhaps);
  if (failed || !take_plain_value(slot)) take_result(slot, word.owner(), failed);
  return true;
}

void ProcessCore::cannot_be(std::uint32_t slot, SlotWord word) noexcept {
  try {
    corrupted(oddity(slot, word));
  } catch (const std::bad_alloc&) {
    corrupted("a slot's word");  // so short that it lies in the string itself
  }
}

// What is wrong with it.
std::string ProcessCore::oddity(std::uint32_t slot, SlotWord word) const {
  const std::string name = "slot " + std::to_string(slot);
  if (word.tag() != in_flight_[slot].tag) return "the word of " + name + " names another task";
  if (word.status() == SlotStatus::free) {
    return name + " says that it is free while a task is in it";
  }
  if (word.owner() >= geometry_.workers) {
    return name + " names worker " + std::to_string(word.owner()) + ", which there is not";
  }
  return name + " says that its task has ended, though its worker is to be killed for it";
}

// The usual: a task without anything special about it has left a value of a few bytes in the slot's
// own line. False, and nothing was done, where it is otherwise. Flattened: calls would be a third
// of its instructions.
[[gnu::flatten]] inline bool ProcessCore::take_plain_value(std::uint32_t slot) {
  const Shadow& shadow = in_flight_[slot];
  StateBase* state = shadow.state;
  const ResultPart& part = slots_.result(slot);
  // Once: what is checked is what is used.
  const std::uint64_t size = std::atomic_ref(part.inline_size).load(std::memory_order_relaxed);
  if (shadow.extras != nullptr || checksum_results_ || state == nullptr || state->abandoned() ||
      !state->fits_inline(size)) {
    return false;
  }
  state->put_inline(part.bytes);
  free_slot(slot);
  count_ended(Ended::finished);
  state->publish(Phase::succeeded, 0);
  return true;
}

// Whether so many bytes can lie there in a worker's arena, as it says. Looking at what was never
// written would take up memory, so many must be there, too; and what is read in them may have to be
// aligned, as every block is.
bool ProcessCore::may_lie_at(std::uint64_t offset, std::uint64_t size) const noexcept {
  return offset % Arena::kAlignment == 0 && offset <= geometry_.arena_bytes &&
         size <= geometry_.arena_bytes - offset &&
         (size < kLarge || size <= segments_->backed_bytes());
}

// What the worker says that it has left, as far as that can be.
ProcessCore::LeftResult ProcessCore::read_result(std::uint32_t slot, std::uint32_t worker,
                                                 bool failed) const noexcept {
  const ResultPart& part = slots_.result(slot);
  LeftResult left;
  // Each word once: what is checked is what is used.
  const std::uint32_t said = std::atomic_ref(part.inline_size).load(std::memory_order_relaxed);
  left.carries = (said & ResultPart::kCarries) != 0;
  left.size = said & ~ResultPart::kCarries;
  if (left.size != ResultPart::kInArena) [[likely]] {
    left.data = reinterpret_cast<const std::byte*>(part.bytes);
    if (left.size > kInlineResult) left.error = outside_memory(worker);
  } else {
    left.size = std::atomic_ref(part.where.size).load(std::memory_order_relaxed);
    left.offset = std::atomic_ref(part.where.offset).load(std::memory_order_relaxed);
    left.ran_ticks = std::atomic_ref(part.where.ran_ticks).load(std::memory_order_relaxed);
    if (may_lie_at(left.offset, left.size)) {
      left.data = results_.window(worker).arena() + left.offset;
    } else {
      left.offset = kNoBlock;
      left.error = outside_memory(worker);
    }
  }
  if (checksum_results_ && !left.error) {
    // The worker may write over its memory at any time: what is checked is a copy, and it is kept.
    left.own.reset(heap_copy(left.data, left.size));
    left.data = left.own.get();
    if (left.own == nullptr) {
      left.error = no_memory_for(left.size);
    } else if (const SlotStatus end = failed ? SlotStatus::failed : SlotStatus::done;
               checksum({SlotWord(end, worker, in_flight_[slot].tag).bits()}, left.data,
                        left.size) !=
               std::atomic_ref(part.checksum).load(std::memory_order_relaxed)) {
      left.error = encoding_error([&] {
        return "the result that worker " + std::to_string(worker) +
               " left does not match its checksum: its memory was written over";
      });
    }
  }
  return left;
}

void ProcessCore::take_result(std::uint32_t slot, std::uint32_t worker, bool failed) noexcept {
  Shadow& shadow = in_flight_[slot];
  LeftResult left = read_result(slot, worker, failed);
  StateBase* state = std::exchange(shadow.state, nullptr);
  const bool wanted = state != nullptr && !state->abandoned();
  const std::unique_ptr<Extras> extras = take_extras(slot);
  Delivery delivery;
  if (left.carries || (extras != nullptr && extras->carries)) {
    if (wanted && !left.error) {
      delivery = deliver_blocks(shadow.tag);
    } else if (!inbox_.empty()) {
      ring_doorbell();  // the pump drops what came
    }
  }
  free_slot(slot);
  count_ended(left.error || failed ? Ended::failed : Ended::finished);

  if (!wanted || left.error) {
    give_back(left, worker);
    if (state == nullptr) return;
    // Nobody is left to see how it ended.
    if (!wanted) return state->complete_cancelled();
    return state->complete_exception(std::move(left.error));
  }
  if (extras != nullptr && extras->items != 0 && !failed) {
    if (left.offset != kNoBlock && extras->first < extras->items) {
      const PoolHeader& header = tasks_.header();
      const TickScale scale(header.created_ticks, header.created_monotonic_ns);
      // Longer than the pool is old: the worker's clock is not ours, or its memory was scribbled
      // over.
      if (left.ran_ticks <= ticks_now() - header.created_ticks) {
        types_->measured(*extras->type, static_cast<double>(scale.nanoseconds(left.ran_ticks)) *
                                            1e-9 / (extras->items - extras->first));
      }
    }
    // The usual case is that one run did them all.
    if (extras->first != 0 || extras->assembly.items() != 0) {
      const std::uint32_t rest = extras->items - extras->first;
      try {
        take_items(*extras, shadow.tag, worker, {left.data, left.size}, rest);
      } catch (const std::bad_alloc&) {
        give_back(left, worker);
        return state->complete_exception(no_memory_for(left.size));
      }
      give_back(left, worker);
      return deliver_assembly(state, *extras, std::move(delivery));
    }
  }
  const RawKind kind = failed ? RawKind::exception : RawKind::value;
  if (!failed && state->ops().bitwise_size >= 0 &&
      left.size == static_cast<std::size_t>(state->ops().bitwise_size)) [[likely]] {
    state->complete_raw(kind, left.data, left.size);  // copies it at once
    return give_back(left, worker);
  }
  if (state->ops().take_bytes != nullptr && left.size <= StateOps::kTakenAtOnce && !left.carries) {
    state->complete_raw(kind, left.data, left.size);
    return give_back(left, worker);
  }
  const std::byte* kept = keep(left, worker);
  if (kept == nullptr) return state->complete_exception(no_memory_for(left.size));
  if (!complete_kept(*state, kind, kept, left.size, std::move(delivery))) {
    release_kept(kept, left.size);
  }
}

// False: the state keeps neither the bytes nor the blocks.
bool ProcessCore::complete_kept(StateBase& state, RawKind kind, const std::byte* data,
                                std::size_t size, Delivery delivery) noexcept {
  if (delivery.number() != 0) state.set_source(&source_, delivery.number());
  if (state.complete_raw(kind, data, size)) return false;
  delivery.keep();
  return true;
}

void ProcessCore::give_back(const LeftResult& left, std::uint32_t worker) {
  if (left.offset != kNoBlock) returns_->give_back(worker, left.offset);
}

// Makes sure that the bytes stay until they are decoded: where they are if they lie in the arena,
// else on the heap. Null: no memory.
const std::byte* ProcessCore::keep(LeftResult& left, std::uint32_t worker) noexcept {
  if (left.own == nullptr) {
    if (left.offset != kNoBlock && returns_->kept_bytes() + left.size <= budget_.results) {
      returns_->keep(worker, left.offset, left.size);
      return left.data;
    }
    left.own.reset(heap_copy(left.data, left.size));
  }
  give_back(left, worker);
  return left.own.release();
}

bool ProcessCore::owns(const std::byte* data) const {
  return data >= results_.base && data < results_.base + geometry_.results_bytes();
}

void ProcessCore::release_kept(const std::byte* data, std::size_t size) {
  if (!owns(data)) return std::free(const_cast<std::byte*>(data));
  const auto at = static_cast<std::uint64_t>(data - results_.base);
  const auto worker = static_cast<std::uint32_t>(at / geometry_.window_bytes);
  returns_->let_go(worker, at % geometry_.window_bytes - geometry_.arena_at(), size);
}

// Takes what came for a result that is about to be kept, until it is read. None where nothing came,
// or there is no memory for it; who reads it is told.
Delivery ProcessCore::deliver_blocks(TaskTag tag) noexcept {
  const std::size_t taken = inbox_.taken();
  Delivery delivery;
  try {
    auto blocks = receive_blocks(tag);
    if (!blocks.empty()) delivery = Delivery(std::move(blocks));
  } catch (const std::bad_alloc&) {
    // None, then.
  }
  inbox_.settle(taken);
  return delivery;
}

// They may be behind those of others in the socket. Where these find no room they are dropped: only
// the pump makes some, which is in the midst of no look at slots.
std::vector<BlockInbox::Arrived> ProcessCore::receive_blocks(TaskTag tag) {
  std::vector<BlockInbox::Arrived> blocks;
  const auto take = [&] {
    auto some = inbox_.take(tag.id());
    std::ranges::move(some, std::back_inserter(blocks));
    return !some.empty();
  };
  bool full = true;
  for (bool gets_on = true; full && gets_on; gets_on = take()) {
    full = inbox_.receive(blocks_socket_.get(), BlockInbox::WhenFull::stop);
  }
  if (full && !making_room_) {
    inbox_.receive(blocks_socket_.get());
    take();
  }
  return blocks;
}

bool ProcessCore::is_here(const BlockMessage& message) const {
  return in_flight_.in_use(message.slot) && in_flight_[message.slot].tag.id() == message.task;
}

// Takes in the tasks that blocks have come from, if they have ended, whether or not somebody asks
// for them; of the others the pump hears.
void ProcessCore::make_room_for_blocks() noexcept {
  making_room_ = true;
  const auto is_unheard = [this](const BlockMessage& message) {
    return is_here(message) && !in_flight_[message.slot].tells;
  };
  const auto has_ended = [this](const BlockMessage& message) {
    if (!is_here(message)) return false;
    const SlotStatus status = slots_.read(message.slot).status();
    return status == SlotStatus::done || status == SlotStatus::failed;
  };
  while (const BlockMessage* const message = inbox_.find(is_unheard)) tell_pump(message->slot);
  while (const BlockMessage* const message = inbox_.find(has_ended)) {
    if (!harvest(message->slot)) break;  // what its word says cannot be
  }
  making_room_ = false;
}

// What is left of tasks that are here no more, or that nobody wants, has nobody to take it.
BlockInbox::Blocks ProcessCore::take_in_blocks() noexcept {
  if (inbox_.receive(blocks_socket_.get(), BlockInbox::WhenFull::stop)) {
    make_room_for_blocks();
    inbox_.receive(blocks_socket_.get());
  }
  make_room_for_blocks();
  return inbox_.take_all_but([this](const BlockMessage& message) { return is_here(message); });
}

void ProcessCore::deliver_assembly(StateBase* state, Extras& extras, Delivery delivery) noexcept {
  if (state == nullptr) return;
  if (state->abandoned()) return state->complete_cancelled();
  const std::vector<std::byte>& bytes = extras.assembly.bytes();
  const std::byte* data = heap_copy(bytes.data(), bytes.size());
  if (data == nullptr) return state->complete_exception(no_memory_for(bytes.size()));
  if (!complete_kept(*state, RawKind::value, data, bytes.size(), std::move(delivery))) {
    std::free(const_cast<std::byte*>(data));
  }
}

void ProcessCore::complete_error(StateBase* state, std::exception_ptr error) noexcept {
  if (state == nullptr) return;
  if (state->abandoned()) return state->complete_cancelled();
  state->complete_exception(std::move(error));
}

std::unique_ptr<Extras> ProcessCore::take_extras(std::uint32_t slot) {
  std::unique_ptr<Extras> extras = std::move(in_flight_[slot].extras);
  if (extras && extras->timeout_ns != 0) std::erase(timed_, slot);
  if (extras && !extras->blocks.empty()) bury(extras->blocks);
  return extras;
}

// The last handle of a block takes the memory down, which takes its time: not under the lock.
void ProcessCore::bury(std::vector<std::shared_ptr<SharedBlock>>& blocks) noexcept {
  const bool last = std::ranges::any_of(
      blocks, [](const std::shared_ptr<SharedBlock>& block) { return block.use_count() == 1; });
  if (!last || pump_done_) return blocks.clear();
  try {
    buried_.insert(buried_.end(), std::make_move_iterator(blocks.begin()),
                   std::make_move_iterator(blocks.end()));
    ring_doorbell();
  } catch (const std::bad_alloc&) {
    // Then here, after all.
  }
  blocks.clear();
}

void ProcessCore::free_slot(std::uint32_t slot) {
  Shadow& shadow = in_flight_[slot];
  if (shadow.extras != nullptr) take_extras(slot);
  if (shadow.block != kNoBlock) {
    free_in_arena(arguments_.at(shadow.block));
    shadow.block = kNoBlock;
  }
  shadow.state = nullptr;
  mark_telling(slot, false);
  slots_.release(slot);
  // After that, so that one who is about to sleep on a task that nobody ends any more (break_pool)
  // finds the slot free, or is woken.
  if (shadow.sleepers != 0) slots_.rouse(slot);
  // The next task goes where the last one was: the worker has read this line.
  prefetch_to_write(&tasks_.part(slot));
  in_flight_.give_back(slot);
}

std::size_t ProcessCore::harvest_ready(std::size_t limit, std::size_t patience) {
  return in_flight_.scan(
      limit, patience, [this](std::uint32_t slot) { return harvest(slot); },
      [&](std::uint32_t slot) {
        prefetch_to_write(&slots_.attention_word(slot));
        prefetch_to_write(in_flight_[slot].state);
      });
}

void ProcessCore::harvest_all() noexcept {
  in_flight_.for_each_in_use([this](std::uint32_t slot) { harvest(slot); });
}

void ProcessCore::count_ended(Ended how) {
  PoolHeader& header = tasks_.header();
  auto& counter = how == Ended::finished ? header.finished
                  : how == Ended::failed ? header.failed
                                         : header.cancelled;
  raise(counter);
  --unfinished_;
  if (progress_waiters_ != 0) announce_progress();
  if (life_ != Life::open) end_workers_if_done();
}

}  // namespace muster::detail
