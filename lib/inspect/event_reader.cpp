#include "lib/inspect/event_reader.hpp"

#include <algorithm>

namespace muster::detail {

namespace {
constexpr std::size_t kMostEvents = std::size_t{1} << 22;
}  // namespace

EventReader::EventReader(const LoadedPool& pool)
    : pool_(pool), cursors_(pool.constants().geometry.workers + 1) {}

std::uint64_t EventReader::read() {
  const PoolViews& views = pool_.views();
  const std::uint32_t workers = pool_.constants().geometry.workers;
  std::uint64_t lost = 0;
  std::uint64_t looked_at = 0;
  for (std::uint32_t w = 0; w < workers; ++w) {
    const WindowView window = views.results.window(w);
    if (!window.tells()) continue;
    // Of memory that somebody made up there may be any number: the rest is read the next time.
    if (looked_at >= kMostEvents) break;
    const std::uint64_t before = cursors_[w].next;
    lost += window.telemetry().ring().read(cursors_[w], events_);
    looked_at += std::min(cursors_[w].next - before, EventRing::kMostAtOnce);
  }
  // Last: what a worker tells of, the client has told of before.
  lost += views.tasks.events().read(cursors_[workers], events_);
  return std::exchange(first_, false) ? 0 : lost;
}

std::vector<TaskEvent> EventReader::take() {
  const PoolClock clock = pool_.views().clock();
  std::vector<TaskEvent> all;
  all.reserve(events_.size());
  std::ranges::stable_sort(events_, {}, &Event::at_ticks);
  for (const Event& event : events_) all.push_back(to_task_event(event, clock));
  events_.clear();
  return all;
}

TaskEvent EventReader::to_task_event(const Event& event, const PoolClock& clock) {
  TaskEvent result;
  result.kind = static_cast<TaskEventKind>(event.kind);
  result.at = clock.at(event.at_ticks);
  result.task_id = event.task.id();
  result.attempt = event.task.attempt() + 1;
  result.name = name(event.name);
  if (event.worker < pool_.constants().geometry.workers) result.worker = event.worker;
  if (event.since_ticks != 0) result.took = clock.between(event.since_ticks, event.at_ticks);
  result.sampling = 1U << std::min<unsigned>(event.weight_log2, 31);
  return result;
}

// Kept: what an event is called does not change, and the table's place for it neither.
std::string_view EventReader::name(std::uint8_t index) {
  if (names_[index].empty()) names_[index] = task_name(pool_.views().tasks, index);
  return names_[index];
}

}  // namespace muster::detail
