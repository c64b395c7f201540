// What a task gone wild may have written into words that nobody would look at again: a task that
// waits and that no worker can find, one that runs nowhere, a sleeper whom nobody will wake.
//
// Whoever has waited for a while looks: a thread of the program by itself, the pump for those who
// wait by way of it. So nobody waits for ever, and while nobody waits nobody looks. What cannot be
// breaks the pool at once; what may be so for a moment does if it stays so.

#include <algorithm>
#include <array>
#include <cstdlib>

#include "lib/client/process_core.hpp"
#include "lib/common/small_file.hpp"

namespace muster::detail {

namespace {

// Looks, one in each period, at which a word says the same odd thing.
constexpr unsigned kLooks = 8;
// A task whose hint was taken may still be claimed, or put back, by the next of them.
constexpr unsigned kLooksForHint = 2;
// Longer than any worker sleeps without a look (worker_queue_steps.hpp).
constexpr unsigned kLooksForTakers = 50;

// Stopped by a signal or a debugger: what it is in the midst of takes as long as that lasts.
bool is_stopped(std::uint32_t pid) {
  const std::string stat = read_small_file("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t end = stat.rfind(") ");
  return end != std::string::npos && end + 2 < stat.size() &&
         (stat[end + 2] == 'T' || stat[end + 2] == 't');
}

// For how long it has had a processor, in nanoseconds; 0 if that cannot be said (proc(5)).
std::uint64_t time_on_cpu(std::uint32_t pid) {
  const std::string text = read_small_file("/proc/" + std::to_string(pid) + "/schedstat");
  return std::strtoull(text.c_str(), nullptr, 10);
}

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
// their own that was written over, or nobody can wake them.
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
  if (running || !waiting || taken != stall_.taken || taken_in != stall_.taken_in) {
    stall_ = {taken, taken_in, 0, {}};
    return;
  }
  if (++stall_.looks == kLooksForHint) {
    for (std::uint32_t w = 0; w < geometry_.workers; ++w) {
      stall_.on_cpu.push_back(time_on_cpu(facts_.worker(w).pid.load()));
    }
    ring_.bump_sweep_epoch();
    parking_->wake_all();
  }
  if (stall_.looks < kLooksForTakers || takers_may_come()) return;
  corrupted("tasks wait, and none of the workers takes one");
}

// Whether a worker is on its way in or out, as it says itself. One whose tasks were taken in is not
// on its way in, and none goes before it has run so many as it may, or is told to.
bool ProcessCore::is_between(std::uint32_t worker) const {
  const TakenIn& taken_in = taken_in_[worker];
  switch (results_.window(worker).record().phase.load()) {
    case WorkerPhase::starting:
      return taken_in.tasks == 0 ||
             taken_in.incarnation != facts_.worker(worker).incarnation.load();
    case WorkerPhase::ending:
    case WorkerPhase::ended:
      return queue_closed_ || (max_tasks_per_child_ != 0 &&
                               taken_in.tasks + taken_in.perhaps >= max_tasks_per_child_);
    default: return false;
  }
}

// One that is being made, or is on its way out, however long its initializer or finalizer takes, or
// is stopped, is not lost. Nor is one that has had no processor since it was woken: it is starved,
// or frozen, and time that passes says nothing of it.
bool ProcessCore::takers_may_come() const {
  for (std::uint32_t w = 0; w < geometry_.workers; ++w) {
    const std::uint32_t pid = facts_.worker(w).pid.load();
    if (pid == 0 || is_between(w) || is_stopped(pid)) return true;
    const std::uint64_t on_cpu = time_on_cpu(pid);
    if (on_cpu != 0 && on_cpu == stall_.on_cpu[w]) return true;
  }
  return is_stopped(static_cast<std::uint32_t>(supervisor_));
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

// Whether who is to write the next word is stopped.
bool ProcessCore::may_be_stopped(SlotWord word) const {
  const bool by_worker = word.status() == SlotStatus::running;
  return is_stopped(by_worker ? facts_.worker(word.owner()).pid.load()
                              : static_cast<std::uint32_t>(supervisor_));
}

void ProcessCore::confirm(std::size_t index) {
  Doubt& doubt = doubts_[index];
  const std::string slot = "slot " + std::to_string(doubt.slot);
  if (++doubt.looks < kLooks) return;
  doubt.looks = 0;
  if (doubt.word.status() == SlotStatus::killing) return ask_to_kill(doubt.slot);  // once more
  if (may_be_stopped(doubt.word)) return;
  if (doubt.word.status() == SlotStatus::running) {
    return corrupted(slot + " says that worker " + std::to_string(doubt.word.owner()) +
                     " runs its task, and that worker says that it does not");
  }
  corrupted(slot + " says that its task's worker is dead, of which nobody has heard");
}

}  // namespace muster::detail
