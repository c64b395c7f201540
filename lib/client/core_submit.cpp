// From a task to a slot: encode, find a slot, publish, wake.

#include <cstdlib>
#include <cstring>

#include <muster/detail/task_context.hpp>
#include <muster/encoder.hpp>

#include "lib/client/argument_buffer.hpp"
#include "lib/client/check_options.hpp"
#include "lib/client/process_core.hpp"
#include "lib/common/count.hpp"
#include "lib/common/futex.hpp"
#include "lib/queue/publish.hpp"
#include "lib/segments/headroom.hpp"

namespace muster::detail {

namespace {

// Arguments of this size are not left lying until somebody comes by. As many tasks as there are
// slots with shorter ones keep 64 MiB.
constexpr std::size_t kPromptlyFreed = 16 * 1024;
// Submits into the backlog between two looks for a slot that has become free.
constexpr std::uint32_t kRefillPause = 32;

void begin_part(TaskPart& part, const KnownTypes::Label& label) {
  part.function = label.code;
  part.name = label.name;
  part.flags = 0;
  part.stop.store(0, std::memory_order_relaxed);  // private still
}

bool begins_with_name(const std::byte* task) {
  FunctionCode code = 0;
  std::memcpy(&code, task, sizeof(code));
  return is_named(code);
}

}  // namespace

void ProcessCore::check_caller() const {
  if (usable_here()) [[likely]]
    return;
  if (TaskContext::current() != nullptr) {
    throw InvalidStateError("pool \"" + name_ +
                            "\" was used inside one of its own workers; make a pool of its own "
                            "there, or submit from the process that made this one");
  }
  throw InvalidStateError("pool \"" + name_ +
                          "\" was used in a child that the program forked; it belongs to the "
                          "process that made it");
}

// True if a task may be taken now; false if it would have to wait and must not.
inline bool ProcessCore::admit(Lock& lock, bool blocking) {
  return (life_ == Life::open && max_pending_ == 0) || admit_slow(lock, blocking);
}

bool ProcessCore::admit_slow(Lock& lock, bool blocking) {
  while (true) {
    if (life_ == Life::broken) throw BrokenProcessPool(*broken_);
    if (life_ == Life::closed) {
      throw ShutdownError("cannot submit to pool \"" + name_ + "\" after its shutdown");
    }
    if (max_pending_ == 0 || unfinished_ < max_pending_) return true;
    // A callback that waited would keep those it waits for from being called.
    if (CallbackRunner::in_callback()) return true;
    harvest_ready(in_flight_.slots(), kHarvestPatience);
    refill();
    if (unfinished_ < max_pending_) return true;
    if (!blocking) return false;
    wait_for_progress(lock, Progress::any);
  }
}

// Whether there are so many bytes of arguments at most as may be, with `size` more in the arena and
// those that wait in the client's own memory.
bool ProcessCore::within_budget(std::uint64_t waiting, std::size_t size) const {
  // The allocator's own bytes are nobody's to give back.
  const std::uint64_t in_arena = arguments_.blocks() != 0 ? arguments_.in_use() : 0;
  return in_arena + waiting + size <= budget_.arguments;
}

// Whether max_shared_memory allows so many more bytes of arguments.
bool ProcessCore::may_take_memory(std::size_t size) const {
  return budget_.limit == 0 || unfinished_ == 0 || within_budget(backlog_bytes_, size);
}

// As admit(), for a task with arguments of `size` bytes that are not in the arena yet. Who waits
// here holds none of it, so those who do get on.
bool ProcessCore::admit_memory(Lock& lock, std::size_t size, bool blocking) {
  while (true) {
    if (may_take_memory(size) || CallbackRunner::in_callback()) return true;
    harvest_ready(in_flight_.slots(), kHarvestPatience);
    refill();
    if (may_take_memory(size)) return true;
    if (on_memory_limit_ == OnMemoryLimit::error) throw no_memory_to_submit(size);
    if (!blocking) return false;
    wait_for_progress(lock, Progress::any);
    if (!admit(lock, blocking)) return false;
  }
}

bool ProcessCore::has_memory_for(std::size_t size) {
  const Lock lock(mutex());
  // One that is never let in need not wait: submit says so.
  const bool never = budget_.limit != 0 && size > budget_.arguments;
  if (never || may_take_memory(size) || on_memory_limit_ == OnMemoryLimit::error) return true;
  harvest_ready(in_flight_.slots(), kHarvestPatience);
  refill();
  return may_take_memory(size);
}

bool ProcessCore::submit_small(StateBase& state, const TaskType& type, const std::byte* bytes,
                               std::size_t size) {
  static_assert(kSmallTask == kInlineArguments);
  check_caller();
  std::uint32_t in_slots = 0;
  {
    Lock lock(mutex());
    admit(lock, true);
    const std::byte* function = type.begins_with_code ? bytes : nullptr;
    KnownTypes::Label label = types_->find(type, function);
    if (label.code == 0) [[unlikely]] {
      label = types_->learn(lock, type, function);
      admit(lock, true);
    }
    const auto fill = [&](TaskPart& part) {
      begin_part(part, label);
      part.inline_bytes = static_cast<std::uint8_t>(size);
      std::memcpy(part.bytes, bytes, kSmallTask);  // whatever its size: one copy without a branch
    };
    if (has_room()) [[likely]] {
      const std::uint32_t slot = enter_slot(&state, ++next_id_);
      count_submitted(state);
      fill(tasks_.part(slot));
      if (const std::uint64_t mark = telemetry_.mark(label.name); mark != 0) {
        telemetry_.tell_submitted(slot, in_flight_[slot].tag, mark);
      }
      publish(slot, somebody_waits_to_submit());
    } else {
      TaskPart part;
      fill(part);
      put_behind(state, part, nullptr, nullptr);
    }
    in_slots = in_flight_.size();
  }
  wake_if_needed(in_slots);
  return true;
}

bool ProcessCore::submit(StateBase& state, TaskSpec& spec) {
  check_caller();
  std::unique_ptr<Extras> extras;
  std::string_view name;
  if (spec.options != nullptr) {
    check_task_options(*spec.options);
    name = spec.options->name;
    if (!spec.options->task_timeout.is_zero() || spec.options->retries != 0) {
      extras = std::make_unique<Extras>();
      extras->timeout_ns = spec.options->task_timeout.nanoseconds();
      extras->retries = extras->retries_left = spec.options->retries;
    }
  }
  if (spec.chunk.items != 0 && !extras) extras = std::make_unique<Extras>();
  if (extras) extras->type = spec.type;
  if (!spec.blocking) {
    // Before the work of encoding; asked again below.
    Lock lock(mutex());
    if (!admit(lock, false)) return false;
  }

  ArgumentBuffer buffer(*this, spec.size_hint);
  Encoder out(buffer.begin(), buffer.end(), &buffer, &types_->modules());
  spec.encode(out, spec.context);
  if (buffer.has_shared()) {
    if (!extras) extras = std::make_unique<Extras>();
    extras->type = spec.type;
    extras->blocks = buffer.take_shared();
  }
  if (extras) extras->items = spec.chunk.items;

  std::uint32_t in_slots = 0;
  bool timed = false;
  {
    Lock lock(mutex());
    if (!admit(lock, spec.blocking)) return false;
    const std::byte* code = spec.type->begins_with_code ? out.data() : nullptr;
    const bool named = code != nullptr && begins_with_name(code);
    const std::byte* function = name.empty() || named ? code : nullptr;
    KnownTypes::Label label = types_->find(*spec.type, function);
    if (label.code == 0) {
      label = types_->learn(lock, *spec.type, function);
      if (!admit(lock, spec.blocking)) return false;
    }
    if (!name.empty()) label.name = types_->name_index(name);
    const std::size_t size = out.size();
    const bool is_inline = size <= kInlineArguments && spec.chunk.items == 0;
    if (!is_inline && !buffer.block().in_arena && !admit_memory(lock, size, spec.blocking)) {
      return false;
    }
    timed = extras && extras->timeout_ns != 0;
    if (timed) timed_.reserve(in_flight_.slots());  // once it is taken nothing may fail any more
    TaskPart part;
    begin_part(part, label);
    std::byte* heap = nullptr;
    if (is_inline) {
      part.inline_bytes = static_cast<std::uint8_t>(size);
      std::memcpy(part.bytes, out.data(), size);
    } else {
      Memory::Block block = buffer.take_block();
      if (block.data == nullptr) {  // in the scratch page still
        block = allocate_block_locked(size);
        std::memcpy(block.data, out.data(), size);
      }
      part.flags = kInArena;
      part.where.size = size;
      part.where.offset = block.in_arena ? arguments_.offset_of(block.data) : kNoBlock;
      part.where.first = 0;
      part.where.count = spec.chunk.items;
      if (!block.in_arena) heap = block.data;
    }
    if (spec.chunk.items != 0) {
      part.flags |= kChunk;
      if (named) part.function = code_of_chunk(part.function);
    }
    place_task(state, part, std::move(extras), heap);
    in_slots = in_flight_.size();
  }
  wake_if_needed(in_slots);
  if (timed) ring_doorbell();
  return true;
}

// The task is taken when this returns, in a slot or behind. Throws Error if there is no memory to
// let it wait, with everything as it was but the arguments freed.
void ProcessCore::place_task(StateBase& state, const TaskPart& part, std::unique_ptr<Extras> extras,
                             std::byte* heap_arguments) {
  // Always asked: it refills, too.
  if (has_room() && heap_arguments == nullptr) {
    count_submitted(state);
    put_in_slot(&state, part, std::move(extras),
                {.id = ++next_id_, .mark = telemetry_.mark(part.name), .is_new = true});
  } else {
    put_behind(state, part, std::move(extras), heap_arguments);
  }
}

// Whether the next task can go straight into a slot: none waits before it, and there is a slot.
inline bool ProcessCore::has_room() {
  if (backlog_.empty() && !in_flight_.full()) [[likely]]
    return true;
  return make_room();
}

bool ProcessCore::make_room() {
  if (!backlog_.empty()) {
    if (refill_pause_ == 0) {
      refill();
      refill_pause_ = kRefillPause;
    } else {
      --refill_pause_;
    }
    if (!backlog_.empty()) return false;
  }
  if (in_flight_.full()) harvest_ready(kHarvestBatch, kHarvestPatience);
  return !in_flight_.full();
}

void ProcessCore::count_submitted(StateBase& state) {
  state.hold();
  ++unfinished_;
  if (!tidy_due_) [[unlikely]]
    come_to_tidy();
  raise(tasks_.header().submitted);
}

void ProcessCore::come_to_tidy() {
  tidy_due_ = true;
  ring_doorbell();
}

void ProcessCore::mark_telling(std::uint32_t slot, bool tells) {
  Shadow& shadow = in_flight_[slot];
  if (tells != shadow.tells) tells ? ++telling_ : --telling_;
  shadow.tells = tells;
  if (tells && pump_patient_) {
    pump_patient_ = false;
    ring_doorbell();
  }
}

// Takes one. REQUIRES: !in_flight_.full().
inline std::uint32_t ProcessCore::enter_slot(StateBase* state, std::uint64_t id) {
  const std::uint32_t slot = in_flight_.take();
  Shadow& shadow = in_flight_[slot];
  shadow.state = state;
  shadow.tag = TaskTag::first_attempt(id);
  if (state != nullptr) state->set_source(&source_, Place::in_slot(slot));
  return slot;
}

void ProcessCore::put_in_slot(StateBase* state, const TaskPart& part,
                              std::unique_ptr<Extras> extras, const Entry& entry) {
  const std::uint32_t slot = enter_slot(state, entry.id);
  Shadow& shadow = in_flight_[slot];
  TaskPart& shared = tasks_.part(slot);
  Backlog::copy_part(shared, part);
  if ((part.flags & kInArena) != 0) shadow.block = part.where.offset;
  if (state != nullptr && state->stop_requested())
    shared.stop.store(kStopAsked, std::memory_order_relaxed);
  if (extras) {
    if (extras->timeout_ns != 0) {
      timed_.push_back(slot);
      shared.flags |= kTimed;
    }
    shadow.extras = std::move(extras);
  }
  if (entry.mark != 0) {
    entry.is_new ? telemetry_.tell_submitted(slot, shadow.tag, entry.mark)
                 : telemetry_.choose(slot, entry.mark);
  }
  bool notify = entry.notify;
  // Somebody may wait for any task's end: a submit, or the workers to be told to leave.
  if (somebody_waits_to_submit() || life_ != Life::open) notify = true;
  // Long arguments are given back when the task has ended, also if nobody asks for its result.
  if ((part.flags & kInArena) != 0 && part.where.size >= kPromptlyFreed) notify = true;
  publish(slot, notify);
}

void ProcessCore::publish(std::uint32_t slot, bool notify) {
  const TaskTag tag = in_flight_[slot].tag;
  mark_telling(slot, notify);
  publish_task(slots_, ring_, slot, tag, notify ? kAttentionNotify : 0);
}

void ProcessCore::drop_arguments(const TaskPart& part, std::byte* heap_arguments) {
  if (heap_arguments != nullptr) {
    std::free(heap_arguments);
  } else if ((part.flags & kInArena) != 0) {
    free_in_arena(arguments_.at(part.where.offset));
  }
}

void ProcessCore::free_in_arena(std::byte* block) {
  arguments_.free(block);
  count_arguments();
}

EncodingError ProcessCore::arguments_too_long(std::size_t size) const {
  if (budget_.limit != 0 && size > budget_.arguments) {
    return EncodingError("the " + std::to_string(size) +
                         " bytes of a task's arguments are more than the " +
                         std::to_string(budget_.arguments) + " that pool \"" + name_ +
                         "\" has for arguments: half of max_shared_memory");
  }
  return EncodingError("the " + std::to_string(size) +
                       " bytes of a task's arguments do not fit into the memory that is left" +
                       memory_limits_hint());
}

EncodingError ProcessCore::no_memory_to_submit(std::size_t size) const {
  return EncodingError("pool \"" + name_ + "\" has no room for " + std::to_string(size) +
                       " bytes of arguments: its unfinished tasks hold " +
                       std::to_string(arguments_.in_use() + backlog_bytes_) + " of the " +
                       std::to_string(budget_.arguments) +
                       " that max_shared_memory leaves to arguments. Submit fewer at a time, or "
                       "set on_memory_limit to OnMemoryLimit::wait");
}

ProcessCore::Memory::Block ProcessCore::allocate_block_locked(std::size_t size) {
  if (budget_.limit != 0 && size > budget_.arguments) throw arguments_too_long(size);
  const bool crowded =
      (budget_.limit != 0 || !backlog_.empty()) && !within_budget(backlog_bytes_, size);
  if (!crowded) {
    if (std::byte* block = arguments_.allocate(size)) {
      count_arguments();
      return {block, true, arguments_.is_first_use(block, size)};
    }
  }
  std::byte* block = allocate_for_writing(size);
  if (block == nullptr) throw arguments_too_long(size);
  return {.data = block};
}

ProcessCore::Memory::Block ProcessCore::allocate_long(std::size_t size) {
  const Lock lock(mutex());
  return allocate_block_locked(size);
}

// Without the lock: where the arena lies never changes.
void ProcessCore::write_long(std::byte* place, const void* data, std::size_t size) noexcept {
  arguments_.write(place, data, size);
}

void ProcessCore::free_long(Block block) noexcept {
  if (!block.in_arena) return std::free(block.data);
  const Lock lock(mutex());
  free_in_arena(block.data);
  if (progress_waiters_ != 0) announce_progress();
}

void ProcessCore::count_arguments() {
  PoolHeader& header = tasks_.header();
  header.arguments_in_use.store(arguments_.in_use(), std::memory_order_relaxed);  // for lookers
  header.arguments_pages.store(arguments_.pages(), std::memory_order_relaxed);
  ++argument_uses_;
}

}  // namespace muster::detail
