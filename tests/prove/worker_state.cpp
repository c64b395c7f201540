#include "prove/worker_state.hpp"

#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "lib/common/small_file.hpp"
#include "prove/ledger.hpp"
#include "prove/tasks.hpp"
#include "worker/worker_queue.hpp"

namespace prove {

namespace {

using muster::detail::Geometry;
using muster::detail::Hint;
using muster::detail::SlotStatus;
using muster::detail::SlotTable;
using muster::detail::SlotWord;
using muster::detail::TaskPart;
using muster::detail::TasksView;
using muster::detail::WorkerPhase;
using muster::detail::WorkerQueue;
using muster::detail::WorkerRecord;

// How far a worker's sweep is stands in its own memory alone. The language lets an explicit
// instantiation name private members, so that looking there changes nothing in the library.
template <auto kSweepAt, auto kSlots, auto kWorker>
struct QueueMembers {
  friend std::uint32_t sweep_at(const WorkerQueue& queue) { return queue.*kSweepAt; }
  friend const SlotTable<>& slots_of(const WorkerQueue& queue) { return queue.*kSlots; }
  friend std::uint32_t worker_of(const WorkerQueue& queue) { return queue.*kWorker; }
};
std::uint32_t sweep_at(const WorkerQueue& queue);
const SlotTable<>& slots_of(const WorkerQueue& queue);
std::uint32_t worker_of(const WorkerQueue& queue);
template struct QueueMembers<&WorkerQueue::sweep_at_, &WorkerQueue::slots_, &WorkerQueue::worker_>;

bool read_memory(pid_t pid, std::uintptr_t from, void* to, std::size_t size) {
  iovec local{to, size};
  iovec remote{reinterpret_cast<void*>(from), size};  // NOLINT: another process's address
  return ::process_vm_readv(pid, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

// A queue begins with where the tasks are, and that with the pool's geometry behind an address.
bool begins_with(const Geometry& geometry, const std::byte* queue) {
  Geometry found;
  std::memcpy(&found, queue + offsetof(TasksView, geometry), sizeof(found));
  return found == geometry;
}

// Of a stopped process: it is the system call that it was in, and goes on with, that counts.
bool sleeps_on_futex(pid_t pid) {
  const std::string call = muster::detail::read_small_file(fmt::format("/proc/{}/syscall", pid));
  return call.starts_with(std::to_string(SYS_futex) + " ");
}

// The ticket of a task, or of the first item of a chunk. False: not one of ours.
bool find_ticket(const TasksView& tasks, const TaskPart& part, std::uint32_t& index) {
  constexpr std::size_t kFar = 1024;  // the callable, and what a chunk begins with, are before it
  const bool outside = (part.flags & muster::detail::kInArena) != 0;
  const std::byte* const bytes = outside ? tasks.arguments() + part.where.offset
                                         : reinterpret_cast<const std::byte*>(part.bytes);
  const std::size_t size =
      outside ? std::min<std::size_t>(part.where.size, kFar) : muster::detail::kInlineArguments;
  const void* const found = ::memmem(bytes, size, &Ticket::kMark, sizeof(Ticket::kMark));
  if (found == nullptr) return false;
  std::memcpy(&index, static_cast<const std::byte*>(found) + offsetof(Ticket, index),
              sizeof(index));
  return true;
}

}  // namespace

WorkerStates::WorkerStates(const PoolMemory& memory, const void* above)
    : memory_(memory), above_(reinterpret_cast<std::uintptr_t>(above)) {}

Doing WorkerStates::look(std::uint32_t worker, pid_t pid) {
  const WorkerRecord& record = memory_.results().window(worker).record();
  const bool same_life =
      record.incarnation.load() == memory_.facts().worker(worker).incarnation.load();
  if (!same_life || record.phase.load() != WorkerPhase::ready) return Doing::starting;
  for (std::uint32_t slot = 0; slot < memory_.geometry().slots; ++slot) {
    const SlotWord word(memory_.control().slot_lines()[slot].word.load());
    if (word.owner() != worker) continue;
    if (word.status() == SlotStatus::running || word.status() == SlotStatus::killing) {
      return doing_with(slot, worker, pid);
    }
  }
  if (memory_.control().park()[worker].state.load() != muster::detail::kAwake) {
    return sleeps_on_futex(pid) ? Doing::idle : Doing::parking;
  }
  if (sweeps(worker, pid)) return Doing::sweeping;
  return claims(worker) ? Doing::claiming : Doing::between;
}

// A hint counts as begun just before its task is claimed: the one before those that are left may
// be pending still.
bool WorkerStates::claims(std::uint32_t worker) const {
  const auto& reservation = memory_.control().reservations()[worker];
  const std::size_t end =
      std::min<std::size_t>(reservation.count.load(), muster::detail::kMaxReserved);
  const std::uint32_t begun = reservation.begun.load();
  for (std::size_t i = begun == 0 ? 0 : begun - 1; i < end; ++i) {
    const Hint hint(reservation.hints[i].load());
    if (hint.slot() >= memory_.geometry().slots) continue;
    const SlotWord word(memory_.control().slot_lines()[hint.slot()].word.load());
    if (word.status() == SlotStatus::pending && word.tag() == hint.tag()) return true;
  }
  return false;
}

Doing WorkerStates::doing_with(std::uint32_t slot, std::uint32_t worker, pid_t pid) const {
  const TaskPart& part = memory_.tasks().part(slot);
  std::uint32_t first = 0;
  if (!find_ticket(memory_.tasks(), part, first)) return Doing::running;
  const bool chunk = (part.flags & muster::detail::kChunk) != 0;
  const std::uint32_t behind = first + (chunk ? part.where.count : 1);
  const std::uint64_t begun = ledger().cells[worker].begun.load();
  const auto ticket = static_cast<std::uint32_t>(begun);
  if (begun != cell_word(pid, ticket) || ticket < first || ticket >= behind) return Doing::claimed;
  const bool ended = ledger().cells[worker].ended.load() == begun;
  return ended && ticket + 1 == behind ? Doing::publishing : Doing::running;
}

bool WorkerStates::sweeps_by(std::uintptr_t queue_at, std::uint32_t worker, pid_t pid,
                             bool& is_queue) const {
  alignas(WorkerQueue) std::byte bytes[sizeof(WorkerQueue)];
  is_queue = false;
  if (!read_memory(pid, queue_at, bytes, sizeof(bytes))) return false;
  const Geometry& geometry = memory_.geometry();
  if (!begins_with(geometry, bytes)) return false;
  const auto& queue = *reinterpret_cast<const WorkerQueue*>(bytes);
  if (slots_of(queue).size() != geometry.slots || worker_of(queue) != worker) return false;
  is_queue = true;
  return sweep_at(queue) < geometry.slots;
}

bool WorkerStates::sweeps(std::uint32_t worker, pid_t pid) {
  bool is_queue = false;
  for (const std::uintptr_t at : queues_at_) {
    const bool sweeping = sweeps_by(at, worker, pid, is_queue);
    if (is_queue) return sweeping;
  }
  constexpr std::size_t kBlock = 4096;
  constexpr std::size_t kDeep = 64 * 1024;
  std::vector<std::byte> stack(kDeep);
  std::size_t have = 0;
  const std::uintptr_t top = above_ / kBlock * kBlock + kBlock;
  for (; have < kDeep; have += kBlock) {
    if (!read_memory(pid, top - have - kBlock, stack.data() + kDeep - have - kBlock, kBlock)) break;
  }
  for (std::size_t at = kDeep - have; at + sizeof(WorkerQueue) <= kDeep; at += 8) {
    if (!begins_with(memory_.geometry(), stack.data() + at)) continue;
    const std::uintptr_t address = top - kDeep + at;
    const bool sweeping = sweeps_by(address, worker, pid, is_queue);
    if (!is_queue) continue;
    queues_at_.push_back(address);
    return sweeping;
  }
  return false;
}

}  // namespace prove
