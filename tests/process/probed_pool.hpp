#pragma once

// The client's side of a pool, with what a worker leaves written by the test.

#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <muster/detail/map_travel.hpp>
#include <muster/detail/submit_path.hpp>
#include <muster/muster.hpp>

#include "fuzz/core_probe.hpp"
#include "lib/common/checksum.hpp"
#include "lib/futures/spin.hpp"

namespace probed {

namespace detail = muster::detail;

// A result of this size is one for which the client looks at what memory is left.
constexpr std::size_t kLarge = std::size_t{2} << 20;

inline std::string letters(std::size_t n) { return std::string(n, 'm'); }
inline std::string line(int n) { return letters(n == 0 ? kLarge : 100); }

// A pool of one worker, which only the test plays.
class ProbedPool {
 public:
  explicit ProbedPool(bool checksums = false, detail::CoreProbe::Room room = {})
      : probe({.max_workers = 1,
               .on_worker_death = muster::OnWorkerDeath::replace,
               .checksum_results = checksums},
              room),
        checksums_(checksums) {}

  template <class F, class... Args>
  auto submit(F fn, Args... args) {
    static_cast<void>(detail::may_spin());  // once a process, and not a task's
    return *detail::TravelPath::submit({.threads = nullptr, .travel = &probe.backend()}, nullptr,
                                       true, fn, args...);
  }
  // One chunk of so many items.
  muster::Future<detail::ChunkResult<std::string>> map(int items,
                                                       const muster::TaskOptions& task = {}) {
    std::vector<std::tuple<int>> given(static_cast<std::size_t>(items));
    const auto borrowed =
        std::shared_ptr<detail::TravelBackend>(std::shared_ptr<void>(), &probe.backend());
    detail::TravelTarget<std::string (*)(int), std::tuple<int>> target(borrowed, task, &line);
    muster::Future<detail::ChunkResult<std::string>> future;
    target.submit(given, 0, future);
    return future;
  }

  void worker_takes_nothing() {
    probe.views().facts.worker(0).pid.store(static_cast<std::uint32_t>(::getpid()));
    probe.views().results.window(0).record().phase.store(detail::WorkerPhase::ready);
  }

  // Of the only task.
  std::uint32_t slot() const {
    std::uint32_t slot = 0;
    while (!probe.tag(slot)) ++slot;
    return slot;
  }
  detail::SlotLine& slot_line() { return probe.views().control.slot_lines()[slot()]; }
  void set(detail::SlotStatus status) {
    slot_line().word.store(detail::SlotWord(status, 0, *probe.tag(slot())).bits());
  }
  detail::WorkerRecord& record() { return probe.views().results.window(0).record(); }
  // As the worker does that has claimed the only task.
  void begin() {
    record().current.store(detail::Hint(slot(), *probe.tag(slot())).bits() + 1);
    set(detail::SlotStatus::running);
  }
  detail::SlotStatus status() { return detail::SlotWord(slot_line().word.load()).status(); }
  std::byte* arena() { return probe.views().results.window(0).arena(); }

  // As the worker leaves a result at the arena's beginning.
  void leave(std::size_t size) {
    detail::ResultPart& part = slot_line().result;
    part.inline_size = detail::ResultPart::kInArena;
    part.where.size = size;
    part.where.offset = 0;
    part.where.ran_ticks = 0;
    const detail::SlotWord end(detail::SlotStatus::done, 0, *probe.tag(slot()));
    if (checksums_) part.checksum = detail::checksum({end.bits()}, arena(), size);
    slot_line().word.store(end.bits());
  }
  // As one whose memory was written over.
  void leave_outside() {
    leave(1);
    slot_line().result.where.offset = probe.geometry().arena_bytes;
  }
  std::size_t encode(const std::string& text) {
    muster::Encoder out(arena(), arena() + 2 * kLarge);
    out.write(text);
    return out.size();
  }
  // The first item of a chunk, which the other ones may follow.
  std::size_t encode_item(std::size_t size) {
    muster::Encoder out(arena(), arena() + 2 * kLarge);
    detail::ChunkWriter writer(out, nullptr);
    writer.begin_value();
    out.write(letters(size));
    writer.commit_value();
    return out.size();
  }
  static std::uint64_t region_of(std::size_t bytes) {
    return detail::ChunkRegion::pack(0, bytes / 64 * 64 + 64);
  }
  // It died when it had done one item of a chunk, whose records take up so much.
  void die_behind_one_item(std::size_t bytes) { die_in_task(region_of(bytes), 1); }
  // In the only task, of which so many items were done if it is a chunk: by itself, or killed for
  // it.
  void die_in_task(std::uint64_t region = 0, std::uint32_t items = 0, bool killed = false) {
    detail::DeathRecord& death = next_death();
    death.task = detail::Hint(slot(), *probe.tag(slot())).bits() + 1;
    death.task_was_killing = killed ? 1 : 0;
    death.chunk_region = region;
    death.chunk_items = items;
    set(killed ? detail::SlotStatus::killed : detail::SlotStatus::died);
    tell(death);
  }
  void die_idle(bool written_off) {
    detail::DeathRecord& death = next_death();
    death.written_off = written_off ? 1 : 0;
    tell(death);
  }
  // Another one takes its place, with an arena that begins there.
  void succeed(std::uint64_t floor) {
    detail::Message message;
    message.kind = detail::MessageKind::worker_started;
    message.number = floor;
    probe.say(message, true);
  }
  // Entries in the worker's ring of returns.
  std::uint64_t given_back() { return probe.views().tasks.returns(0).written.load(); }

  detail::CoreProbe probe;

 private:
  detail::DeathRecord& next_death() {
    auto& facts = probe.views().facts.facts();
    detail::DeathRecord& death = facts.death[facts.deaths.load()];
    death.pid = 4711;
    death.exit_code = -1;
    death.term_signal = 9;
    return death;
  }
  void tell(detail::DeathRecord& death) {
    auto& deaths = probe.views().facts.facts().deaths;
    detail::Message message;
    message.kind = detail::MessageKind::death;
    message.number = deaths.load() + 1;
    death.number.store(message.number);
    deaths.store(message.number);
    probe.say(message, false);
  }

  const bool checksums_;
};

}  // namespace probed
