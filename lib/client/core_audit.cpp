// What a task gone wild may have written into words that nobody would look at again: a task that
// waits and that no worker can find, one that runs nowhere, a sleeper whom nobody will wake.
//
// Whoever has waited for a while looks: a thread of the program by itself, the pump for those who
// wait by way of it. So nobody waits for ever, and while nobody waits nobody looks. What cannot be
// breaks the pool at once; what may be so for a moment does if it stays so.

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "lib/client/process_core.hpp"
#include "lib/client/process_signs.hpp"

namespace muster::detail {

namespace {

// Looks, one in each period, at which a word says the same odd thing.
constexpr unsigned kLooks = 8;
// A task whose hint was taken may still be claimed, or put back, by the next of them.
constexpr unsigned kLooksForHint = 2;
// Longer than any worker sleeps without a look (worker_queue_steps.hpp).
constexpr unsigned kLooksForTakers = 50;

// So often, of those looks, whoever is to write the next word must have had a processor meanwhile:
// the first turn may have ended in the midst of a step.
constexpr unsigned kTurns = 2;

}  // namespace

Deadline ProcessCore::within_audit(Deadline until) {
  return until == Deadline::passed()
             ? until
             : std::min(until, Deadline::at(monotonic_ns() + kAuditPeriodNs));
}

void ProcessCore::audit() {
  const std::int64_t now = monotonic_ns();
  if (now - audited_at_ns_ < kAuditPeriodNs) return;
  audited_at_ns_ = now;
  if (life_ == Life::broken || !corrupted_.empty()) return;
  // Soon the pool is broken, and nobody waits any more.
  if (facts_.facts().ends_all.load() != 0) return;
  audit_queue();
  in_flight_.for_each_in_use([this](std::uint32_t slot) { audit_slot(slot); });
  std::erase_if(doubts_, [this](const Doubt& doubt) {
    return !in_flight_.in_use(doubt.slot) || slots_.read(doubt.slot) != doubt.word ||
           !is_odd(doubt.slot, doubt.word);
  });
  for (std::size_t i = 0; i < doubts_.size() && corrupted_.empty(); ++i) confirm(i);
  audit_hints();
  audit_takers();
  refill();
}

// By a thread of the program. Where it has no memory for a look, the next one is taken in its time:
// who waits is not to be told that he cannot. (The pump ends the pool then.)
void ProcessCore::audit_while_waiting() noexcept {
  try {
    audit();
  } catch (const std::bad_alloc&) {
    return;
  }
}

// A task waits though all hints that there were when it did are taken: its own is lost, or with a
// worker that does not come to it. Somebody else is to look.
void ProcessCore::audit_hints() {
  const std::uint64_t left = waited_.hints - ring_.taken();
  if (left != 0 && left <= control_.cells().size()) return;
  if (++waited_.looks < kLooksForHint) return;
  bool lost = false;
  in_flight_.for_each_in_use([&](std::uint32_t slot) {
    lost = lost || (in_flight_[slot].position < waited_.position &&
                    slots_.read(slot).status() == SlotStatus::pending);
  });
  waited_ = {in_flight_.next_position(), ring_.published(), 0};
  if (!lost) return;
  ring_.bump_sweep_epoch();
  parking_->wake_all();
}

// Tasks wait, and workers that run none do not take them: they have lost themselves in memory of
// their own that was written over, or nobody can wake them. Or they are to leave, and do not.
void ProcessCore::audit_takers() {
  const std::uint64_t taken = ring_.taken();
  std::uint64_t taken_in = 0;
  for (const TakenIn& of_one : taken_in_) taken_in += of_one.tasks + of_one.perhaps;
  bool running = false;
  bool waiting = false;
  in_flight_.for_each_in_use([&](std::uint32_t slot) {
    const SlotStatus status = slots_.read(slot).status();
    running = running || status == SlotStatus::running || status == SlotStatus::killing;
    waiting = waiting || status == SlotStatus::pending;
  });
  const bool leaving = queue_closed_ && in_flight_.size() == 0;
  if (running || !(waiting || leaving) || taken != stall_.taken || taken_in != stall_.taken_in ||
      leaving != stall_.leaving) {
    stall_ = {taken, taken_in, leaving, 0, 0, {}};
    return;
  }
  if (++stall_.looks < kLooksForHint) return;
  std::vector<Turn> turns = leaving ? turns_of_leavers() : turns_of_takers();
  if (turns.empty() || !std::ranges::equal(turns, stall_.turns, {}, &Turn::pid, &Turn::pid)) {
    stall_.turns = std::move(turns);
    stall_.counted = 0;
    ring_.bump_sweep_epoch();
    parking_->wake_all();
    return;
  }
  ++stall_.counted;
  if (leaving) return accuse_who_stays(turns);
  if (stall_.counted < kLooksForTakers) return;
  // One that has had no processor since it was woken is starved, or frozen, and time that passes
  // says nothing of it.
  for (std::size_t w = 0; w < turns.size(); ++w) {
    if (turns[w].on_cpu == stall_.turns[w].on_cpu) return;
  }
  if (signs_of(supervisor_).life != ProcessLife::stopped) {
    corrupted("tasks wait, and none of the workers takes one");
  }
}

// A worker has had a processor often enough since it was told to leave, and long ago.
void ProcessCore::accuse_who_stays(const std::vector<Turn>& turns) {
  for (std::size_t i = 0; i < turns.size(); ++i) {
    Turn& last = stall_.turns[i];
    if (turns[i].on_cpu != last.on_cpu) last = {last.pid, turns[i].on_cpu, last.times + 1};
    if (stall_.counted < kLooksForTakers || last.times < kLooks) continue;
    return corrupted("the worker with pid " + std::to_string(last.pid) +
                     " was told to leave, runs no task and does not leave");
  }
}

// How long each worker has had a processor; nothing where one of them cannot be told to take tasks:
// one that is being made, or is on its way in or out, however long its initializer or finalizer,
// its core or its memory takes, or is stopped, is not lost.
std::vector<ProcessCore::Turn> ProcessCore::turns_of_takers() const {
  std::vector<Turn> turns;
  turns.reserve(geometry_.workers);
  for (std::uint32_t w = 0; w < geometry_.workers; ++w) {
    const pid_t pid = worker_pid(w);
    if (pid == 0 || is_between(w)) return {};
    const ProcessSigns signs = signs_of(pid);
    if (signs.life != ProcessLife::lives || signs.on_cpu == 0) return {};
    turns.push_back({pid, signs.on_cpu});
  }
  return turns;
}

// The same of those that are to leave. Each leaves by itself, so one that cannot be told to does
// not excuse another.
std::vector<ProcessCore::Turn> ProcessCore::turns_of_leavers() const {
  std::vector<Turn> turns;
  turns.reserve(geometry_.workers);
  for (std::uint32_t w = 0; w < geometry_.workers; ++w) {
    const pid_t pid = worker_pid(w);
    if (pid == 0 || is_between(w)) continue;
    const ProcessSigns signs = signs_of(pid);
    if (signs.life == ProcessLife::lives && signs.on_cpu != 0) turns.push_back({pid, signs.on_cpu});
  }
  return turns;
}

// Whether a worker is on its way in or out, as it says itself. One whose tasks were taken in is not
// on its way in, and none goes before it has run so many as it may, or is told to, unless its
// memory is limited. For those that are told to, both ways are short without an initializer, a
// finalizer, and what tasks keep in their worker: the client cannot tell whether there is any.
bool ProcessCore::is_between(std::uint32_t worker) const {
  const TakenIn& taken_in = taken_in_[worker];
  const WorkerPhase phase = results_.window(worker).record().phase.load();
  switch (phase) {
    case WorkerPhase::starting:
      if (queue_closed_ && !has_initializer_) return false;
      return taken_in.tasks == 0 ||
             taken_in.incarnation != facts_.worker(worker).incarnation.load();
    case WorkerPhase::ending:
    case WorkerPhase::destroying:
    case WorkerPhase::ended:
      if (queue_closed_) return has_finalizer_ || phase == WorkerPhase::destroying;
      if (limits_.asked.resident_bytes != 0) return true;
      return max_tasks_per_child_ != 0 && taken_in.tasks + taken_in.perhaps >= max_tasks_per_child_;
    default: return false;
  }
}

pid_t ProcessCore::worker_pid(std::uint32_t worker) const {
  return static_cast<pid_t>(facts_.worker(worker).pid.load());
}

void ProcessCore::audit_queue() {
  if (!ring_.believable()) {
    corrupted("the ends of the queue are where they cannot be");
  } else if (ring_.closed() != queue_closed_) {
    corrupted(queue_closed_ ? "the queue says that it is open after it was closed"
                            : "the queue says that it is closed while it is open");
  }
}

void ProcessCore::audit_slot(std::uint32_t slot) {
  // It may have ended, and whoever was to be told was not.
  if (!corrupted_.empty() || harvest(slot) || !corrupted_.empty()) return;
  const SlotWord word = slots_.read(slot);
  if (const std::string what = impossible(slot, word); !what.empty()) {
    return corrupted("slot " + std::to_string(slot) + " says that " + what);
  }
  if (!is_odd(slot, word)) return;
  const bool known = std::any_of(doubts_.begin(), doubts_.end(),
                                 [&](const Doubt& doubt) { return doubt.slot == slot; });
  if (!known) doubts_.push_back({slot, word});
}

// What no step of anybody could have written; "" if that cannot be said.
std::string ProcessCore::impossible(std::uint32_t slot, SlotWord word) const {
  const Extras* const extras = in_flight_[slot].extras.get();
  const bool to_be_killed = extras != nullptr && extras->kill != KillReason::none;
  switch (word.status()) {
    case SlotStatus::pending:
      if (word.owner() != 0) return "its task waits, and a worker has claimed it";
      return to_be_killed ? "its task waits, and a worker is to be killed for it" : "";
    case SlotStatus::running:
    case SlotStatus::killing:
      if (word.owner() >= geometry_.workers) {
        return "worker " + std::to_string(word.owner()) + " runs its task, which there is not";
      }
      if (to_be_killed != (word.status() == SlotStatus::killing)) {
        return to_be_killed ? "its task runs, though its worker is to be killed for it"
                            : "a worker is to be killed for its task, which nobody has asked for";
      }
      return "";
    case SlotStatus::free:
    case SlotStatus::done:
    case SlotStatus::failed:
    case SlotStatus::killed:
    case SlotStatus::died: return "";
  }
  return "its task is in a state that there is not";
}

// What is so for a moment in a pool where all is well: a task whose worker has claimed and not
// begun it, one whose worker is to be killed, or one of whose worker's death the news are on the
// way.
bool ProcessCore::is_odd(std::uint32_t slot, SlotWord word) const {
  switch (word.status()) {
    case SlotStatus::killing:
    case SlotStatus::died:
    case SlotStatus::killed: return true;
    case SlotStatus::running:
      return results_.window(word.owner()).record().current.load(std::memory_order_acquire) !=
             Hint(slot, in_flight_[slot].tag).bits() + 1;
    default: return false;
  }
}

// What the worker of a word that says `running` says of itself cannot be so where the word is true:
// that it takes no tasks, or that it runs another one.
bool ProcessCore::is_denied(std::uint32_t slot, SlotWord word) const {
  if (word.status() != SlotStatus::running) return false;
  const std::uint32_t worker = word.owner();
  const WorkerRecord& record = results_.window(worker).record();
  bool denied = record.incarnation.load() == facts_.worker(worker).incarnation.load() &&
                record.phase.load() != WorkerPhase::ready;
  if (const std::uint64_t current = record.current.load(std::memory_order_acquire); current != 0) {
    // Until it has noted this one it is the one before, which it has ended.
    const Hint other(current - 1);
    denied = denied || other.slot() >= slots_.size();
    if (!denied && other.slot() != slot) {
      const SlotWord its = slots_.read(other.slot());
      denied = its == SlotWord(SlotStatus::running, worker, other.tag()) ||
               its == SlotWord(SlotStatus::killing, worker, other.tag());
    }
  }
  // All of that was so while the word was this one.
  return denied && slots_.read(slot) == word;
}

// Who is to write the next word, or to bring the news, has had a processor since the last time that
// this was so; they are asked to do something with it. Of a worker that ends it is the supervisor,
// and then the pump. What cannot be read may be so.
bool ProcessCore::have_had_a_turn(Doubt& doubt) {
  const bool by_worker =
      doubt.word.status() == SlotStatus::running && worker_pid(doubt.word.owner()) != 0;
  std::array<std::uint64_t, 2> on_cpu{0, doubt.on_cpu[1] + 1};
  ProcessSigns signs = signs_of(by_worker ? worker_pid(doubt.word.owner()) : supervisor_);
  if (by_worker && signs.life == ProcessLife::lives) {
    parking_->wake_all();
  } else {
    if (by_worker && signs.life != ProcessLife::gone) return false;
    if (by_worker) signs = signs_of(supervisor_);
    if (signs.life != ProcessLife::lives) return false;
    if (pump_thread_ != nullptr) {
      on_cpu[1] = time_on_cpu(pump_thread_->native_handle()).value_or(on_cpu[1]);
    }
    ask_to_kill();  // it looks whether it is to, which it is not
    ring_doorbell();
  }
  on_cpu[0] = signs.on_cpu;
  if (on_cpu[0] == doubt.on_cpu[0] || on_cpu[1] == doubt.on_cpu[1]) return false;
  doubt.on_cpu = on_cpu;
  return true;
}

void ProcessCore::confirm(std::size_t index) {
  Doubt& doubt = doubts_[index];
  const std::string slot = "slot " + std::to_string(doubt.slot);
  ++doubt.looks;
  if (doubt.word.status() == SlotStatus::killing) {
    if (doubt.looks % kLooks == 0) ask_to_kill();  // once more
    return;
  }
  const bool denied = is_denied(doubt.slot, doubt.word);
  // The first time is where it is counted from.
  if (!denied && doubt.turns <= kTurns && have_had_a_turn(doubt)) ++doubt.turns;
  if (doubt.looks < kLooks || !(denied || doubt.turns > kTurns)) return;
  if (doubt.word.status() == SlotStatus::running) {
    return corrupted(slot + " says that worker " + std::to_string(doubt.word.owner()) +
                     " runs its task, and that worker says that it does not");
  }
  corrupted(slot + " says that its task's worker is dead, of which nobody has heard");
}

}  // namespace muster::detail
