// A worker in memory that others have written over: the queue gives it tasks until there are none,
// what it tells of them stands where it belongs, and its own arena is where it belongs, whatever
// its predecessor's window says.
//
// Not looked at: the bookkeeping inside of an arena whose owner ended in order. Its successor goes
// on there, and where a task has written over it that worker dies, as of any other damage to its
// own memory.

#include <cstdint>
#include <cstring>
#include <deque>
#include <exception>
#include <stdexcept>
#include <string>

#include "fuzz/require.hpp"
#include "fuzz/small_pool.hpp"
#include "worker/result_memory.hpp"
#include "worker/task_telemetry.hpp"
#include "worker/worker_queue.hpp"

namespace fuzz {
namespace {

using namespace muster::detail;

// Tasks that one worker can run: each slot's, and those that it frees itself.
constexpr int kMostTasks = 64;

// The task runs, and throws some of its bytes or does not.
void run(TaskTelemetry& telemetry, Hint task, const TaskPart& part, bool times_each) {
  telemetry.begin(task, part, times_each);
  const bool fails = (part.function & 1) != 0;
  if (fails) {
    const auto* const text = reinterpret_cast<const char*>(part.bytes);
    telemetry.failed(std::make_exception_ptr(
        std::runtime_error(std::string(text, ::strnlen(text, kInlineArguments)))));
  }
  telemetry.end(task, fails);
}

void serve(const SmallPool& pool, std::uint32_t worker, std::size_t limit) {
  const Views& views = pool.views();
  const WindowView window = views.results.window(worker);
  WorkerRecord& record = window.record();
  WorkerQueue queue(views.control.queue(), views.tasks, record, worker, limit, false);
  TaskTelemetry telemetry(views.tasks, window, worker, pool.memory(Segment::results).fd());
  queue.arrive();
  for (int ran = 0;; ++ran) {
    require(ran <= kMostTasks, "the tasks come to an end");
    Hint task;
    if (queue.pop_until(task, Deadline::passed()) != PopResult::item) break;
    require(task.slot() < kSlots, "a task is in a slot that there is");
    require(queue.slots().read(task.slot()) == SlotWord(SlotStatus::running, worker, task.tag()),
            "a task that was popped runs on this worker");
    require(record.current.load() == task.bits() + 1, "the record says which task runs");
    const std::uint64_t told = window.telemetry().head().events.written.load();
    const TaskPart& part = views.tasks.part(task.slot());
    run(telemetry, task, part, queue.times_each());
    require(
        (part.flags & kTraced) == 0 || window.telemetry().head().events.written.load() == told + 2,
        "of a task that is timed begin and end are told");
    require(queue.slots().finish(task.slot(), task.tag(), worker, false), "a task can end");
    queue.slots().tell_sleepers(task.slot(), task.tag());
    require(limit == 0 || ran < static_cast<int>(limit), "no more tasks than it may run");
  }
  queue.depart();
}

class Memory {
 public:
  Memory(const SmallPool& pool, std::uint32_t worker)
      : geometry_(pool.views().tasks.geometry),
        returns_(pool.views().tasks.returns(worker)),
        memory_(pool.views().results.window(worker), returns_, pool.memory(Segment::results).fd(),
                worker * geometry_.window_bytes + geometry_.arena_at()),
        floor_(muster::detail::ArenaFloor::offset(memory_.record().arena_floor.load())) {
    require(floor_ <= geometry_.arena_bytes, "an arena begins within its window");
    require(floor_ % kPage == 0, "an arena begins at a page");
  }

  void run(Input& input) {
    for (int steps = 0; steps < 64 && !input.empty(); ++steps) {
      switch (input.below(4)) {
        case 0:
        case 1: take(input.take<std::uint16_t>()); break;
        case 2: free(input.take<std::uint8_t>()); break;
        case 3: give_back(input.take<std::uint8_t>(), input.flag()); break;
      }
    }
  }

 private:
  void take(std::size_t size) {
    std::byte* const block = memory_.allocate(size);
    if (block == nullptr) return;
    const std::uint64_t at = memory_.offset_of(block);
    require(at >= floor_ && at + size <= geometry_.arena_bytes, "a block lies in the arena");
    std::memset(block, 0xa5, size);
    blocks_.push_back(block);
  }
  void free(std::size_t choice) {
    if (blocks_.empty()) return;
    memory_.free(pick(choice));
  }
  // As the client does it: a block of this worker's, or what is of none.
  void give_back(std::size_t choice, bool none) {
    const std::uint64_t written = returns_.written.load();
    // Nowhere, or what may be a block that it keeps, or that has come back.
    std::uint64_t entry = choice % 2 != 0 ? choice * 8 + 1 : floor_ + choice / 2 * 64;
    if (!none && !blocks_.empty()) {
      std::byte* const block = pick(choice);
      memory_.hand_over(block);
      entry = memory_.offset_of(block);
    }
    returns_.entries[written % kReturns].store(entry);
    returns_.written.store(written + 1);
  }
  std::byte* pick(std::size_t choice) {
    const auto place = blocks_.begin() + static_cast<std::ptrdiff_t>(choice % blocks_.size());
    std::byte* const block = *place;
    blocks_.erase(place);
    return block;
  }

  const Geometry& geometry_;
  Returns& returns_;
  ResultMemory memory_;
  std::uint64_t floor_;
  std::deque<std::byte*> blocks_;
};

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzz;
  static SmallPool pool;
  Input input(data, size);
  const std::uint32_t worker = input.below(kWorkers);
  const std::size_t limit = input.below(4);
  pool.wipe(input.take<std::byte>());
  const auto play = input.take_bytes(input.take<std::uint8_t>());
  fill(pool.views(), input, FieldsOf::work);
  fill(pool.views(), input, FieldsOf::telemetry);
  serve(pool, worker, limit);

  // What an orderly predecessor's allocator left is in the window, which is filled with anything.
  pool.views().results.window(worker).record().arena_left.store(0);
  // What the client writes is true: it has given nothing back yet.
  muster::detail::Returns& returns = pool.views().tasks.returns(worker);
  for (auto& entry : returns.entries) entry.store(muster::detail::Returns::kAllBelow);
  Input steps(play.data(), play.size());
  Memory(pool, worker).run(steps);
  return 0;
}
