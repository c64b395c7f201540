#include "worker/task_runner.hpp"

#include <cxxabi.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <muster/decoder.hpp>
#include <muster/detail/exception_codec.hpp>
#include <muster/encoder.hpp>

#include "lib/codec/task_registry.hpp"
#include "lib/common/futex.hpp"
#include "lib/common/ticks.hpp"
#include "worker/output.hpp"

namespace muster::detail {

namespace {
// A worker whose task's word is not its own any more leaves with this status.
constexpr int kWordGone = 124;
}  // namespace

ProcessTaskRunner::ProcessTaskRunner(const WorkerSetup& setup, const TasksView& tasks,
                                     const ControlView& control, const WindowView& window,
                                     WorkerQueue& queue, std::uint32_t index, ParentWatch& parent)
    : setup_(setup),
      tasks_(tasks),
      control_(control),
      window_(window),
      record_(window.record()),
      queue_(queue),
      memory_(window, tasks.returns(index), setup.results.fd(),
              index * setup.geometry.window_bytes + setup.geometry.arena_at(),
              setup.budget.free_results),
      blocks_(setup.client, setup.blocks.get(), tasks.header().blocks_gone, record_),
      telemetry_(tasks, window, index, setup.results.fd()),
      index_(index),
      pid_(::getpid()),
      parent_(parent) {}

LoopStep ProcessTaskRunner::run(Hint task) {
  const std::uint32_t slot = task.slot();
  part_ = &tasks_.part(slot);
  task_ = task;
  if (record_.progress_total.load(std::memory_order_relaxed) != 0) set_progress(0, 0);  // our own
  ResultPart& result = queue_.slots().result(slot);
  telemetry_.begin(task, *part_, queue_.times_each());
  const bool failed = call(task, *part_, result);
  part_ = nullptr;
  flush_task_output();  // before the future is ready: who has the result has seen the output
  blocks_.end_task();
  telemetry_.end(task, failed);
  if (!queue_.slots().finish(slot, task.tag(), index_, failed)) {
    telemetry_.take_back();
    await_kill(task);
  }
  // Before another task is begun: should we die in that one, nothing of it is committed.
  if (in_chunk_) forget_chunk();
  raise(record_.tasks_done);
  if (queue_.slots().attention(slot) != 0) tell(task);
  leftover_.reset();
  if (resident_.exceeded()) {
    queue_.give_back();
    return LoopStep::leave;
  }
  return queue_.exhausted() ? LoopStep::leave : LoopStep::go_on;
}

void ProcessTaskRunner::prepare_for_limits() {
  if (setup_.block_requests) blocks_.open_through(setup_.block_requests.get());
  resident_.set(setup_.limits.asked.resident_bytes);
}

LoopStep ProcessTaskRunner::idle() {
  record_.current.store(0, std::memory_order_relaxed);  // for whoever looks in
  // Now rather than at the next result: the memory is better given out again while it is warm.
  memory_.be_idle();
  blocks_.drop_stale();
  parent_.renew_now_and_then();
  return LoopStep::go_on;
}

// True if the result is an exception.
bool ProcessTaskRunner::call(Hint task, const TaskPart& part, ResultPart& result) {
  const bool outside = (part.flags & kInArena) != 0;
  const std::byte* arguments = outside ? tasks_.arguments() + part.where.offset
                                       : reinterpret_cast<const std::byte*>(part.bytes);
  const std::size_t size = outside ? part.where.size : part.inline_bytes;
  in_chunk_ = (part.flags & kChunk) != 0;
  if (in_chunk_) {
    chunk_.first = part.where.first;
    chunk_.stop = &part.stop;
    chunk_.stop_mask = kStopAsked;
    chunk_.gate = (part.flags & kTimed) != 0 ? this : nullptr;
    chunk_.items_done = &record_.chunk_items;
    chunk_.failures = &telemetry_;
    // Never 0.
    chunk_.sum_key = checksum_key(task, SlotStatus::running).value_or(0);
  }
  blocks_.begin_task(task.tag().id(), task.slot());
  ResultGrowth growth(memory_, result, setup_.checksum_results, &blocks_,
                      in_chunk_ ? &record_.chunk_region : nullptr);
  // A chunk's items must be where the client finds them, from the first on: in the arena.
  std::byte* const begin = growth.inline_begin();
  Encoder out(begin, in_chunk_ ? begin : growth.inline_end(), &growth, &setup_.modules);
  bool failed = false;
  try {
    Decoder in(arguments, size, &setup_.modules, &blocks_);
    thunk_of(part.function)(in, out);
    growth.commit(out.size(), blocks_.has_sent(), checksum_key(task, SlotStatus::done));
  } catch (abi::__forced_unwind&) {
    throw;  // pthread_exit: the thread goes, and with it the worker
  } catch (...) {
    failed = true;
    const std::exception_ptr error = std::current_exception();
    telemetry_.failed(error);
    // What a chunk has committed stays readable until its word says how it ended.
    if (in_chunk_) {
      failed_chunk_ = growth.release();
    } else {
      growth.reset();
    }
    ResultGrowth again(memory_, result, setup_.checksum_results, nullptr);
    Encoder error_out(again.inline_begin(), again.inline_end(), &again, &setup_.modules);
    try {
      encode_exception(error, error_out);
      again.commit(error_out.size(), false, checksum_key(task, SlotStatus::failed));
    } catch (abi::__forced_unwind&) {
      throw;
    } catch (...) {
      // No memory for the error. An empty one decodes to an EncodingError that says so.
      again.reset();
      again.commit(0, false, checksum_key(task, SlotStatus::failed));
    }
  }
  return failed;
}

// What a checksum is keyed by, if there is to be one: the slot's word when it is looked at.
std::optional<std::uint64_t> ProcessTaskRunner::checksum_key(Hint task, SlotStatus status) const {
  if (!setup_.checksum_results) return std::nullopt;
  return SlotWord(status, index_, task.tag()).bits();
}

// Of a chunk with a time limit. The client may be about to have this worker killed for the item
// before, and no other one is to die for that.
void ProcessTaskRunner::pass() noexcept {
  while (true) {
    const std::uint32_t stop = ItemHold<StdPlatform>::look(part_->stop);
    if ((stop & kItemsHeld) == 0) return;
    if (queue_.slots().read(task_.slot()) != SlotWord(SlotStatus::running, index_, task_.tag()))
      await_kill(task_);
    // The word changes without a wake.
    constexpr std::int64_t kLookNs = 50'000'000;
    futex_wait(part_->stop, stop, Deadline::at(monotonic_ns() + kLookNs), FutexScope::shared);
    parent_.renew();  // with nobody left who would let it go on, it ends
  }
}

void ProcessTaskRunner::forget_chunk() {
  in_chunk_ = false;
  record_.chunk_region.store(0, std::memory_order_relaxed);  // the next claim orders it
  record_.chunk_items.store(0, std::memory_order_relaxed);
  if (failed_chunk_ != nullptr) memory_.free(std::exchange(failed_chunk_, nullptr));
}

Thunk ProcessTaskRunner::thunk_of(FunctionCode code) {
  if (code != last_code_) {
    last_thunk_ = detail::thunk_of(setup_.modules, code);
    last_code_ = code;
  }
  return last_thunk_;
}

void ProcessTaskRunner::tell(Hint task) {
  const std::uint32_t slot = task.slot();
  queue_.slots().tell_sleepers(slot, task.tag());
  if ((queue_.slots().attention(slot) & kAttentionNotify) == 0) return;
  const std::uint64_t count = record_.completed.load(std::memory_order_relaxed);  // our own
  // Release pairs with the pump's fence behind its look at the entry: who finds this one, a lap
  // late, finds the counts before it as well, and so that it was lapped.
  record_.completions[count % kCompletions].store(slot, std::memory_order_release);
  // seq_cst, like the pump's mark and its look before it sleeps: one of the two sees the other.
  record_.completed.store(count + 1, std::memory_order_seq_cst);
  auto& sleeps = control_.header().pump_sleeps;
  if (sleeps.load(std::memory_order_seq_cst) == 0 || sleeps.exchange(0) == 0) return;
  const std::uint64_t one = 1;
  ssize_t written = 0;
  do {
    written = ::write(setup_.doorbell.get(), &one, sizeof(one));
  } while (written < 0 && errno == EINTR);
  // Another failure means that the counter is full, and so that the bell rings already.
}

// The client has decided that this worker is to die for the task it has just run: it must not
// begin another, whatever it does with its signals. A word that says anything else was written
// over, and nobody will come to kill: then it goes by itself, and another one takes its place.
void ProcessTaskRunner::await_kill(Hint task) {
  const SlotWord meant(SlotStatus::killing, index_, task.tag());
  while (queue_.slots().read(task.slot()) == meant) {
    const timespec pause{0, 50'000'000};
    ::nanosleep(&pause, nullptr);
    parent_.renew();  // who comes to kill may have died
  }
  ::_exit(kWordGone);
}

bool ProcessTaskRunner::stop_requested() const noexcept {
  // Relaxed: a flag and nothing else.
  return part_ != nullptr && (part_->stop.load(std::memory_order_relaxed) & kStopAsked) != 0;
}

void ProcessTaskRunner::set_progress(std::uint64_t done, std::uint64_t total) noexcept {
  record_.progress_done.store(done, std::memory_order_relaxed);  // for whoever looks in
  record_.progress_total.store(total, std::memory_order_relaxed);
}

}  // namespace muster::detail
