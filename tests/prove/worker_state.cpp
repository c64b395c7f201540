#include "prove/worker_state.hpp"

#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstring>
#include <span>
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
using muster::detail::Reservation;
using muster::detail::SlotStatus;
using muster::detail::SlotTable;
using muster::detail::SlotWord;
using muster::detail::TaskPart;
using muster::detail::TasksView;
using muster::detail::WorkerPhase;
using muster::detail::WorkerQueue;
using muster::detail::WorkerRecord;

// How far a worker's sweep is stands in its own memory alone, as does where it has mapped the
// pool's. The language lets an explicit instantiation name private members, so that looking there
// changes nothing in the library.
template <auto kSweepAt, auto kSlots, auto kWorker, auto kTaken, auto kReservations>
struct QueueMembers {
  friend const std::uint32_t& sweep_at(const WorkerQueue& queue) { return queue.*kSweepAt; }
  friend const SlotTable<>& slots_of(const WorkerQueue& queue) { return queue.*kSlots; }
  friend std::uint32_t worker_of(const WorkerQueue& queue) { return queue.*kWorker; }
  friend const std::size_t& taken_in_all(const WorkerQueue& queue) { return queue.*kTaken; }
  friend std::span<Reservation> reservations_of(const WorkerQueue& queue) {
    return queue.*kReservations;
  }
};
const std::uint32_t& sweep_at(const WorkerQueue& queue);
const SlotTable<>& slots_of(const WorkerQueue& queue);
std::uint32_t worker_of(const WorkerQueue& queue);
const std::size_t& taken_in_all(const WorkerQueue& queue);
std::span<Reservation> reservations_of(const WorkerQueue& queue);
template struct QueueMembers<&WorkerQueue::sweep_at_, &WorkerQueue::slots_, &WorkerQueue::worker_,
                             &WorkerQueue::taken_in_all_, &WorkerQueue::reservations_>;

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

// A worker's queue as it was when it was read, whose addresses are the worker's.
class WorkerStates::QueueCopy {
 public:
  explicit QueueCopy(std::uintptr_t address) : address_(address) {}

  std::byte* bytes() { return bytes_; }
  const WorkerQueue& queue() const { return *reinterpret_cast<const WorkerQueue*>(bytes_); }
  // Where a member of it is in the worker.
  std::uintptr_t address_of(const void* member) const {
    return address_ + static_cast<std::uintptr_t>(static_cast<const std::byte*>(member) - bytes_);
  }

 private:
  std::uintptr_t address_;
  alignas(WorkerQueue) std::byte bytes_[sizeof(WorkerQueue)];
};

std::optional<WorkerStates::QueueCopy> WorkerStates::queue_at(std::uintptr_t address,
                                                              std::uint32_t worker,
                                                              pid_t pid) const {
  QueueCopy copy(address);
  if (!read_memory(pid, address, copy.bytes(), sizeof(WorkerQueue))) return std::nullopt;
  const Geometry& geometry = memory_.geometry();
  if (!begins_with(geometry, copy.bytes())) return std::nullopt;
  if (slots_of(copy.queue()).size() != geometry.slots || worker_of(copy.queue()) != worker) {
    return std::nullopt;
  }
  return copy;
}

std::optional<WorkerStates::QueueCopy> WorkerStates::find_queue(std::uint32_t worker, pid_t pid) {
  for (const std::uintptr_t at : queues_at_) {
    if (const auto queue = queue_at(at, worker, pid)) return queue;
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
    const auto queue = queue_at(address, worker, pid);
    if (!queue) continue;
    queues_at_.push_back(address);
    return queue;
  }
  return std::nullopt;
}

bool WorkerStates::sweeps(std::uint32_t worker, pid_t pid) {
  const auto queue = find_queue(worker, pid);
  return queue && sweep_at(queue->queue()) < memory_.geometry().slots;
}

std::optional<std::uintptr_t> WorkerStates::written_before(Doing doing, std::uint32_t worker,
                                                           pid_t pid) {
  // At the same place in every process: it was mapped before main.
  if (doing == Doing::publishing) {
    return reinterpret_cast<std::uintptr_t>(&ledger().cells[worker].ended);
  }
  const auto copy = find_queue(worker, pid);
  if (!copy) return std::nullopt;
  switch (doing) {
    case Doing::claiming: {
      const auto first = reinterpret_cast<std::uintptr_t>(reservations_of(copy->queue()).data());
      return first + worker * sizeof(Reservation) + offsetof(Reservation, count);
    }
    case Doing::claimed: return copy->address_of(&taken_in_all(copy->queue()));
    case Doing::sweeping: return copy->address_of(&sweep_at(copy->queue()));
    default: return std::nullopt;
  }
}

}  // namespace prove
