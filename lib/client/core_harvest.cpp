// From a slot to a future: what a worker has left is checked, copied or kept, and the slot is free.

#include <cstdlib>
#include <cstring>

#include <muster/error.hpp>

#include "lib/client/process_core.hpp"
#include "lib/common/checksum.hpp"
#include "lib/common/futex.hpp"
#include "lib/common/ticks.hpp"

namespace muster::detail {

namespace {

// Beyond so many bytes in the workers' arenas that futures hold undecoded, results are copied to
// the client's own memory.
constexpr std::uint64_t kKeptBound = std::uint64_t{256} << 20;

std::byte* heap_copy(const std::byte* data, std::size_t size) {
  constexpr std::size_t kAlign = 64;  // as where it came from: values in it may be read in place
  auto* copy = static_cast<std::byte*>(std::aligned_alloc(kAlign, (size / kAlign + 1) * kAlign));
  if (copy != nullptr) std::memcpy(copy, data, size);
  return copy;
}

std::exception_ptr no_memory_for(std::size_t size) {
  return std::make_exception_ptr(
      EncodingError("the client has no memory for a result of " + std::to_string(size) + " bytes"));
}

}  // namespace

// True if the slot's task had ended in order, and is taken in.
bool ProcessCore::harvest(std::uint32_t slot) {
  const SlotWord word = slots_.read(slot);
  const Shadow& shadow = in_flight_[slot];
  if (word.tag() != shadow.tag) {
    corrupted("the word of slot " + std::to_string(slot) + " names another task");
    return false;
  }
  switch (word.status()) {
    case SlotStatus::done:
    case SlotStatus::failed: break;
    case SlotStatus::free:
      corrupted("slot " + std::to_string(slot) + " says that it is free while a task is in it");
      return false;
    default:
      // Unfinished; or ended with its worker, and then the pump takes it in, with the reason.
      return false;
  }
  if (word.owner() >= geometry_.workers) {
    corrupted("slot " + std::to_string(slot) + " names worker " + std::to_string(word.owner()) +
              ", which there is not");
    return false;
  }
  take_result(slot, word.owner(), word.status() == SlotStatus::failed);
  return true;
}

void ProcessCore::take_result(std::uint32_t slot, std::uint32_t worker, bool failed) {
  Shadow& shadow = in_flight_[slot];
  last_owner_ = worker;
  const WindowView window = results_.window(worker);
  const ResultPart& part = window.result(slot);
  // Each word once: what is checked is what is used.
  const std::uint64_t size = std::atomic_ref(part.size).load(std::memory_order_relaxed);
  const auto place = std::atomic_ref(part.place).load(std::memory_order_relaxed);
  StateBase* state = shadow.state;
  shadow.state = nullptr;
  const bool wanted = state != nullptr && !state->abandoned();
  const bool chunk = shadow.extras != nullptr && shadow.extras->items != 0;

  const std::byte* data = reinterpret_cast<const std::byte*>(part.bytes);
  std::uint64_t offset = kNoBlock;
  if (place != ResultPlace::inline_bytes) {
    offset = std::atomic_ref(part.where.offset).load(std::memory_order_relaxed);
    data = window.arena() + offset;
  }
  const bool fits = place == ResultPlace::inline_bytes
                        ? size <= kInlineResult
                        : offset <= geometry_.arena_bytes && size <= geometry_.arena_bytes - offset;
  std::exception_ptr broken;
  if (!fits) {
    offset = kNoBlock;
    broken = std::make_exception_ptr(EncodingError("worker " + std::to_string(worker) +
                                                   " left a result that lies outside its memory"));
  } else if (checksum_results_ &&
             checksum(data, size) !=
                 std::atomic_ref(part.checksum).load(std::memory_order_relaxed)) {
    broken = std::make_exception_ptr(
        EncodingError("the result that worker " + std::to_string(worker) +
                      " left does not match its checksum: its memory was written over"));
  }
  const std::unique_ptr<Extras> extras = take_extras(slot);
  free_slot(slot);
  const Ended ended = broken || failed ? Ended::failed : Ended::finished;
  count_ended(ended);

  if (!wanted) {
    if (offset != kNoBlock) returns_->give_back(worker, offset);
    // Nobody is left to see how it ended.
    if (state != nullptr) state->complete_cancelled();
    return;
  }
  if (broken) {
    if (offset != kNoBlock) returns_->give_back(worker, offset);
    return state->complete_exception(std::move(broken));
  }
  if (chunk && !failed) {
    if (offset != kNoBlock && extras->first < extras->items) {
      const TickScale scale(tasks_.header().created_ticks, tasks_.header().created_monotonic_ns);
      const std::uint64_t ticks =
          std::atomic_ref(part.where.ran_ticks).load(std::memory_order_relaxed);
      types_->measured(*extras->type, static_cast<double>(scale.nanoseconds(ticks)) * 1e-9 /
                                          (extras->items - extras->first));
    }
    if (extras->first == 0 && extras->assembly.items() == 0) {
      // The usual case: one run did them all.
    } else {
      extras->assembly.add_piece({data, size}, extras->items);
      if (offset != kNoBlock) returns_->give_back(worker, offset);
      return deliver_assembly(state, *extras);
    }
  }
  const RawKind kind = failed ? RawKind::exception : RawKind::value;
  const bool at_once = !failed && state->ops().bitwise_size >= 0;
  if (!at_once && !keep_or_copy(data, size, worker, offset)) {
    if (offset != kNoBlock) returns_->give_back(worker, offset);
    return state->complete_exception(no_memory_for(size));
  }
  const bool used_up = state->complete_raw(kind, data, size);
  if (used_up && at_once && offset != kNoBlock) returns_->give_back(worker, offset);
  if (used_up && !at_once) release_kept(data, size);
}

// Makes sure that the bytes stay until they are decoded: where they are if they lie in the arena,
// else on the heap. False: no memory.
bool ProcessCore::keep_or_copy(const std::byte*& data, std::size_t size, std::uint32_t worker,
                               std::uint64_t offset) {
  if (offset != kNoBlock && returns_->kept_bytes() + size <= kKeptBound) {
    returns_->keep(worker, offset, size);
    return true;
  }
  data = heap_copy(data, size);
  if (data != nullptr && offset != kNoBlock) returns_->give_back(worker, offset);
  return data != nullptr;
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

void ProcessCore::deliver_assembly(StateBase* state, Extras& extras) {
  if (state == nullptr) return;
  if (state->abandoned()) return state->complete_cancelled();
  const std::vector<std::byte>& bytes = extras.assembly.bytes();
  const std::byte* data = heap_copy(bytes.data(), bytes.size());
  if (data == nullptr) return state->complete_exception(no_memory_for(bytes.size()));
  if (state->complete_raw(RawKind::value, data, bytes.size())) {
    std::free(const_cast<std::byte*>(data));
  }
}

void ProcessCore::complete_error(StateBase* state, std::exception_ptr error) {
  if (state == nullptr) return;
  if (state->abandoned()) return state->complete_cancelled();
  state->complete_exception(std::move(error));
}

std::unique_ptr<Extras> ProcessCore::take_extras(std::uint32_t slot) {
  std::unique_ptr<Extras> extras = std::move(in_flight_[slot].extras);
  if (extras && extras->timeout_ns != 0) std::erase(timed_, slot);
  return extras;
}

void ProcessCore::free_slot(std::uint32_t slot) {
  Shadow& shadow = in_flight_[slot];
  take_extras(slot);
  if (shadow.block != kNoBlock) {
    arguments_.free(arguments_.at(shadow.block));
    shadow.block = kNoBlock;
    count_arguments();
  }
  shadow.state = nullptr;
  rouse_waiters(slot);
  mark_telling(slot, false);
  slots_.release(slot);
  in_flight_.give_back(slot);
}

// Before the slot is published anew, which forgets who sleeps on it.
void ProcessCore::rouse_waiters(std::uint32_t slot) {
  auto& attention = slots_.attention_word(slot);
  if ((attention.load(std::memory_order_seq_cst) & kAttentionWaiter) == 0) return;
  attention.fetch_and(~kAttentionWaiter, std::memory_order_seq_cst);
  futex_wake_all(attention, FutexScope::shared);
}

std::size_t ProcessCore::harvest_ready(std::size_t limit, std::size_t patience) {
  // Which worker ran it stands in the word that is not here yet: the last one is a good guess.
  const WindowView window = results_.window(last_owner_);
  return in_flight_.scan(
      limit, patience, [this](std::uint32_t slot) { return harvest(slot); },
      [&](std::uint32_t slot) {
        __builtin_prefetch(&slots_.attention_word(slot), 0, 3);
        __builtin_prefetch(&window.result(slot), 0, 3);
        __builtin_prefetch(in_flight_[slot].state, 1, 3);
      });
}

void ProcessCore::harvest_all() {
  for (std::uint32_t slot = 0; slot < in_flight_.slots(); ++slot) {
    if (in_flight_[slot].in_use()) harvest(slot);
  }
}

void ProcessCore::count_ended(Ended how) {
  PoolHeader& header = tasks_.header();
  auto& counter = how == Ended::finished ? header.finished
                  : how == Ended::failed ? header.failed
                                         : header.cancelled;
  // Relaxed, and no read-modify-write: under the lock, for whoever looks in.
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  --unfinished_;
  if (progress_waiters_ != 0) announce_progress();
  if (life_ != Life::open) end_workers_if_done();
}

}  // namespace muster::detail
