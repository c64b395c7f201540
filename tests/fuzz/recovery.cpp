// The supervisor's recovery of a dead worker, over a control segment and a record of the worker
// that hold anything: it ends, changes only what names the dead worker, and done twice it is as
// done once.

#include "lib/queue/recovery.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "fuzz/require.hpp"
#include "fuzz/small_pool.hpp"
#include "lib/supervisor/death_record.hpp"

namespace fuzz {
namespace {

using namespace muster::detail;

bool same(const SmallPool& a, const SmallPool& b, Segment which) {
  const auto ours = a.stretches(which);
  const auto theirs = b.stretches(which);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (std::memcmp(ours[i].data(), theirs[i].data(), ours[i].size()) != 0) return false;
  }
  return true;
}

SlotWord expected(SlotWord word, std::uint32_t worker) {
  if (word.owner() != worker) return word;
  if (word.status() == SlotStatus::running) return {SlotStatus::died, worker, word.tag()};
  if (word.status() == SlotStatus::killing) return {SlotStatus::killed, worker, word.tag()};
  return word;
}

// What it is said to have run is one of its tasks, if it ran any.
void expect_held(const SmallPool& was, std::uint32_t worker,
                 const Recovery<StdPlatform>::Held& held) {
  const SlotTable<> slots(was.views().control.slot_lines());
  const auto ran = [&](std::uint32_t slot) {
    return slots.read(slot).owner() == worker &&
           expected(slots.read(slot), worker) != slots.read(slot);
  };
  if (held.task == 0) {
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
      require(!ran(slot), "a task that the dead worker ran is told of");
    }
    return;
  }
  const Hint task(held.task - 1);
  require(task.slot() < kSlots && ran(task.slot()),
          "the task that is told of ran on the dead worker");
  const SlotWord word = slots.read(task.slot());
  require(word.tag() == task.tag(), "the task that is told of is the one in its slot");
  require(held.was_killing == (word.status() == SlotStatus::killing),
          "a task that was being killed is told of as such");
}

// Takes back in `now` what recovery does, by its own account; then all must be as it was.
void expect_recovered(const SmallPool& was, SmallPool& now, std::uint32_t worker) {
  const ControlView& before = was.views().control;
  const ControlView& after = now.views().control;
  const SlotTable<> old_slots(before.slot_lines());
  const SlotTable<> slots(after.slot_lines());
  for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
    require(slots.read(slot) == expected(old_slots.read(slot), worker),
            "recovery ends the dead worker's tasks and changes no other slot's word");
    after.slot_lines()[slot].word.store(old_slots.read(slot).bits());
  }
  for (std::uint32_t w = 0; w < kWorkers; ++w) {
    const std::uint32_t old = before.park()[w].state.load();
    const std::uint32_t wanted = w == worker ? kAwake : old == kParked ? kWoken : old;
    require(after.park()[w].state.load() == wanted, "recovery wakes who sleeps, and nobody else");
    after.park()[w].state.store(old);
  }
  const std::uint64_t old_bits = before.sleepers()->words[0].load();
  require(after.sleepers()->words[0].load() == (old_bits | std::uint64_t{1} << worker),
          "recovery sets the dead worker's bit");
  after.sleepers()->words[0].store(old_bits);
  require(after.header().ends.sweep_epoch.load() == before.header().ends.sweep_epoch.load() + 1,
          "recovery has everybody look at all slots");
  after.header().ends.sweep_epoch.fetch_sub(1);
  require(same(was, now, Segment::control),
          "recovery changes words of slots, park words, the dead worker's bit and the epoch alone");
  require(same(was, now, Segment::results) && same(was, now, Segment::tasks),
          "the supervisor writes neither tasks nor results");
}

// As the supervisor does with a worker that is dead.
Recovery<StdPlatform>::Held recover(const SmallPool& pool, std::uint32_t worker) {
  Recovery<StdPlatform> recovery(pool.views().control.queue());
  const auto held = recovery.end_tasks(worker);
  recovery.dismiss(worker);
  recovery.rally();
  return held;
}

void write_death(const Views& views, std::uint32_t worker, const ExitFacts& exit,
                 std::uint64_t incarnation, std::uint64_t task) {
  const WorkerRecord& record = views.results.window(worker).record();
  DeathRecord& death = next_death(views.facts);
  const bool same_life = record.incarnation.load() == incarnation;
  fill_death(death, exit, worker, 4711, incarnation, task, same_life ? &record : nullptr);
  require(death.crash.frames <= kFrames, "a death has no more frames than there is room for");
  const std::uint64_t number = publish_death(views.facts, death);
  require(views.facts.facts().death[(number - 1) % kDeaths].number.load() == number,
          "the record of a death is where its number says");
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzz;
  using muster::detail::Segment;
  static SmallPool was;
  static SmallPool now;
  Input input(data, size);
  const std::uint32_t worker = input.below(kWorkers);
  muster::detail::ExitFacts exit;
  exit.exit_code = input.take<std::int8_t>();
  exit.term_signal = input.take<std::uint8_t>() & 127;
  exit.written_off = input.flag();
  const std::uint64_t incarnation = input.take<std::uint8_t>();
  now.wipe(input.take<std::byte>());
  // The facts are the supervisor's own.
  std::memset(now.bytes(Segment::facts).data(), 0, now.bytes(Segment::facts).size());
  fill(now.views(), input, FieldsOf::work);
  fill(now.views(), input, FieldsOf::telemetry);
  was.copy(now);

  const auto held = recover(now, worker);
  require(held.not_begun <= muster::detail::kMaxReserved,
          "no worker has taken more hints than it may");
  expect_held(was, worker, held);
  write_death(now.views(), worker, exit, incarnation, held.task);
  static SmallPool once;
  once.copy(now);
  expect_recovered(was, now, worker);

  now.copy(once);
  require(recover(now, worker).task == 0, "a second recovery finds no task to end");
  now.views().control.header().ends.sweep_epoch.fetch_sub(1);
  require(same(once, now, Segment::control) && same(once, now, Segment::facts),
          "a second recovery changes nothing but the epoch");
  return 0;
}
