#include "prove/describe_pool.hpp"

#include <string.h>

#include <cstring>

#include <fmt/format.h>

#include "prove/ledger.hpp"
#include "prove/tasks.hpp"
#include "support/proc.hpp"

namespace prove {

namespace {

using muster::detail::SlotStatus;
using muster::detail::SlotWord;

constexpr const char* kStatusNames[16] = {
    "free", "pending", "running", "done", "failed", "killing", "killed", "died",
    "?",    "?",       "?",       "?",    "?",      "?",       "?",      "?"};

bool has_ticket(const PoolMemory& memory, std::uint32_t slot, std::uint64_t ticket) {
  const auto& part = memory.tasks().part(slot);
  const std::byte* bytes = reinterpret_cast<const std::byte*>(part.bytes);
  std::size_t size = muster::detail::kInlineArguments;
  if ((part.flags & muster::detail::kInArena) != 0) {
    bytes = memory.tasks().arguments() + part.where.offset;
    size = part.where.size;
  }
  for (std::size_t at = 0; at + sizeof(Ticket) <= size; ++at) {
    Ticket found;
    std::memcpy(&found, bytes + at, sizeof(found));
    if (found.mark == Ticket::kMark && found.index == ticket) return true;
  }
  return false;
}

}  // namespace

std::string describe_pool(const PoolMemory& memory, std::uint64_t ticket) {
  std::string text;
  const auto& control = memory.control();
  const auto& ends = control.header().ends;
  text +=
      fmt::format("ring: head {} tail {} epoch {} closed {}; pump sleeps {}; watched {}\n",
                  ends.head.load(), ends.tail.load(), ends.sweep_epoch.load(), ends.closed.load(),
                  control.header().pump_sleeps.load(), control.sleepers()->watched.load());
  text += fmt::format("sleepers {:x}; supervisor {} state {}\n",
                      control.sleepers()->words[0].load(), memory.supervisor(),
                      test_support::is_running(memory.supervisor()) ? "runs" : "gone");
  const auto& header = memory.tasks().header();
  text += fmt::format("submitted {} finished {} failed {} cancelled {} behind {}; pool state {}\n",
                      header.submitted.load(), header.finished.load(), header.failed.load(),
                      header.cancelled.load(), header.behind.load(),
                      static_cast<unsigned>(header.state.load()));
  for (std::uint32_t w = 0; w < memory.geometry().workers; ++w) {
    const auto& record = memory.results().window(w).record();
    const pid_t pid = memory.worker(w);
    const auto fields = test_support::stat_fields(pid);
    text += fmt::format(
        "worker {}: pid {} ({}) phase {} park {} current {:x} done {} completed {} reserved "
        "{}/{}\n",
        w, pid, fields.empty() ? "gone" : fields[0], static_cast<unsigned>(record.phase.load()),
        control.park()[w].state.load(), record.current.load(), record.tasks_done.load(),
        record.completed.load(), control.reservations()[w].begun.load(),
        control.reservations()[w].count.load());
  }
  std::uint64_t counts[16] = {};
  for (std::uint32_t slot = 0; slot < memory.geometry().slots; ++slot) {
    const auto& line = control.slot_lines()[slot];
    const SlotWord word(line.word.load());
    const auto status = static_cast<std::size_t>(word.status());
    ++counts[status];
    if (word.status() == SlotStatus::free) continue;
    const bool named = ticket < Ledger::kTickets && has_ticket(memory, slot, ticket);
    if (!named && counts[status] > 8) continue;
    text += fmt::format("{}slot {}: {} owner {} tag {:x} attention {:x}\n",
                        named ? "THE TASK'S " : "", slot, kStatusNames[status], word.owner(),
                        word.tag().bits(), line.attention.load());
  }
  for (std::size_t i = 0; i < 8; ++i) {
    if (counts[i] != 0) text += fmt::format("slots {}: {}\n", kStatusNames[i], counts[i]);
  }
  if (ticket < Ledger::kTickets) {
    text += fmt::format("the task began {} times and ended {} times\n",
                        ledger().entries[ticket].begun(), ledger().entries[ticket].ended.load());
  }
  return text;
}

}  // namespace prove
