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
  for (std::uint32_t w = 0; w < workers; ++w) {
    const WindowView window = views.results.window(w);
    if (!window.tells()) continue;
    // Of memory that somebody made up there may be any number: the rest is read the next time.
    if (events_.size() >= kMostEvents) break;
    lost += window.telemetry().ring().read(cursors_[w], events_);
  }
  // Last: what a worker tells of, the client has told of before.
  lost += views.tasks.events().read(cursors_[workers], events_);
  return std::exchange(first_, false) ? 0 : lost;
}

std::vector<TaskEvent> EventReader::take() {
  const TickScale scale = pool_.views().scale();
  std::vector<TaskEvent> all;
  all.reserve(events_.size());
  std::ranges::stable_sort(events_, {}, &Event::at_ticks);
  for (const Event& event : events_) all.push_back(to_task_event(event, scale));
  events_.clear();
  return all;
}

TaskEvent EventReader::to_task_event(const Event& event, const TickScale& scale) {
  const PoolConstants& constants = pool_.constants();
  const std::uint64_t created = pool_.views().tasks.header().created_ticks;
  TaskEvent result;
  result.kind = static_cast<TaskEventKind>(event.kind);
  const std::int64_t age_ns = scale.nanoseconds(event.at_ticks - std::min(event.at_ticks, created));
  result.at = std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::nanoseconds(constants.created_realtime_ns + age_ns)));
  result.task_id = event.task.id();
  result.attempt = event.task.attempt() + 1;
  result.name = name(event.name);
  if (event.worker < constants.geometry.workers) result.worker = event.worker;
  if (event.since_ticks != 0) {
    const std::uint64_t took = event.at_ticks - std::min(event.at_ticks, event.since_ticks);
    result.took = std::chrono::nanoseconds(scale.nanoseconds(took));
  }
  result.sampling = 1U << std::min<unsigned>(event.weight_log2, 31);
  return result;
}

// Kept: what an event is called does not change, and the table's place for it neither.
std::string_view EventReader::name(std::uint8_t index) {
  if (names_[index].empty()) names_[index] = task_name(pool_.views().tasks, index);
  return names_[index];
}

}  // namespace muster::detail
