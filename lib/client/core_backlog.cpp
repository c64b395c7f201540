// Tasks for which there is no slot: how they wait, and how they get one.

#include <cstdlib>
#include <new>
#include <utility>

#include <muster/error.hpp>

#include "lib/client/process_core.hpp"
#include "lib/common/copy_bytes.hpp"

namespace muster::detail {

namespace {
constexpr std::uint32_t kWorthWaking = 16;
}  // namespace

void ProcessCore::put_behind(StateBase& state, const TaskPart& part, std::unique_ptr<Extras> extras,
                             std::byte* heap_arguments) {
  Behind* node = nullptr;
  try {
    node = backlog_.push(part, &state, extras.get(), heap_arguments, ++next_id_,
                         telemetry_.mark(part.name));
  } catch (const std::bad_alloc&) {
    drop_arguments(part, heap_arguments);
    throw Error("pool \"" + name_ +
                "\" has no memory for one more task: " + std::to_string(backlog_.size()) +
                " wait already. Submit fewer at a time, or set max_pending");
  }
  (void)extras.release();  // the node's
  telemetry_.tell(EventKind::submitted, *node);
  count_submitted(state);
  state.set_source(&source_, Place::behind(node));
  if (somebody_waits_to_submit()) node->notify = true;
  if (heap_arguments != nullptr) backlog_bytes_ += part.where.size;
  count_behind();
  // With arguments of its own it may be here though there is a slot, and nothing in any.
  if (heap_arguments != nullptr || !ask_one_to_tell()) refill();
}

void ProcessCore::count_behind() {
  // Relaxed: for whoever looks in.
  tasks_.header().behind.store(backlog_.size() - backlog_cancelled_, std::memory_order_relaxed);
}

// While tasks wait behind, some task in a slot tells the pump when it ends, so that somebody
// refills though no thread of the program asks for a result. False: the one that was to tell has
// ended meanwhile, and there is a slot.
bool ProcessCore::ask_one_to_tell() {
  if (backlog_.empty() || telling_ != 0) return true;
  const std::uint32_t slot = in_flight_.middle();
  if (slot == in_flight_.slots()) return true;
  slots_.ask(slot, kAttentionNotify);
  mark_telling(slot, true);
  return !harvest(slot);  // it may have ended before it was asked
}

// Moves what waits behind into slots that are free.
void ProcessCore::refill() noexcept {
  if (backlog_.empty()) return;
  std::uint32_t moved = 0;
  do {
    if (in_flight_.full()) harvest_ready(kHarvestBatch, kHarvestPatience);
    while (!backlog_.empty() && !in_flight_.full()) {
      if (!move_to_slot(*backlog_.front())) break;
      // Whoever sleeps begins with these while the others are moved.
      if (++moved == kWorthWaking) wake_if_needed(in_flight_.size());
    }
  } while (!ask_one_to_tell());
  count_behind();
  if (moved != 0) wake_if_needed(in_flight_.size());
}

// The first one: into a slot, or dropped if it was cancelled or can never have its arguments.
// False: its arguments must wait for memory.
bool ProcessCore::move_to_slot(Behind& node) {
  if (node.state == nullptr) {
    --backlog_cancelled_;
    drop_behind(node);
    return true;
  }
  if (node.heap_arguments != nullptr) {
    const bool may = budget_.limit == 0 || in_flight_.size() == 0 ||
                     within_budget(0, node.part.where.size);  // those that wait are behind it
    std::byte* block = may ? arguments_.allocate(node.part.where.size) : nullptr;
    if (block == nullptr) {
      // Whatever ends frees some; with nothing to end there will never be more.
      if (in_flight_.size() != 0) return false;
      fail_for_memory(node);
      return true;
    }
    copy_bytes(block, node.heap_arguments, node.part.where.size);
    std::free(node.heap_arguments);
    backlog_bytes_ -= node.part.where.size;
    count_arguments();
    node.part.where.offset = arguments_.offset_of(block);
  }
  const bool notify = node.notify || ++refilled_ % (in_flight_.slots() / 2) == 0;
  put_in_slot(node.state, node.part, std::unique_ptr<Extras>(node.extras),
              {.id = node.id, .mark = telemetry_.mark_again(node), .notify = notify});
  backlog_.pop();
  return true;
}

void ProcessCore::fail_for_memory(Behind& node) noexcept {
  StateBase* state = node.state;
  std::exception_ptr error;
  try {
    error = std::make_exception_ptr(arguments_too_long(node.part.where.size));
  } catch (const std::bad_alloc&) {
    error = no_memory_for_bytes_;
  }
  drop_behind(node);
  count_ended(Ended::failed);
  complete_error(state, std::move(error));
}

// The first one, which will not run.
void ProcessCore::drop_behind(Behind& node) {
  if (node.heap_arguments != nullptr) backlog_bytes_ -= node.part.where.size;
  drop_arguments(node.part, node.heap_arguments);
  if (node.extras != nullptr) bury(node.extras->blocks);
  delete node.extras;
  backlog_.pop();
}

}  // namespace muster::detail
