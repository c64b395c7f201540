#include "trace_model.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "stuck.hpp"

namespace muster_tool {

namespace {

using muster::PoolInfo;
using muster::TaskEvent;
using muster::TaskEventKind;
using muster::WorkerStats;

// How long a task's submission is drawn, where nothing follows sooner.
constexpr TraceTime kSubmitShown = 1000;

class Maker {
 public:
  Maker(const PoolInfo& pool, const TraceWindow& window, const WaitingTasks& waiting)
      : pool_(pool), window_(window), waiting_(waiting) {}

  void add(const TaskEvent& event) {
    const TraceTime at = trace_time(pool_, event.at);
    switch (event.kind) {
      case TaskEventKind::submitted: return submit(at, event);
      case TaskEventKind::started: return start(at, event);
      case TaskEventKind::finished:
      case TaskEventKind::failed:
      case TaskEventKind::died: return end(at, event);
      case TaskEventKind::requeued: return close(event.task_id, at, "requeued");
      case TaskEventKind::cancelled:
        close(event.task_id, at, "cancelled");
        if (at >= window_.begin) cancelled_.insert(event.task_id);
        model_.marks.push_back({at, std::nullopt, fmt::format("cancelled {}", event.name), ""});
    }
  }

  TraceModel finish() && {
    add_running();
    add_deaths();
    std::erase_if(model_.slices,
                  [&](const TraceSlice& slice) { return slice.end < window_.begin; });
    std::erase_if(model_.marks, [&](const TraceMark& mark) { return mark.at < window_.begin; });
    drop_submits();
    part_slices();
    part_submits();
    return std::move(model_);
  }

 private:
  void submit(TraceTime at, const TaskEvent& event) {
    at = std::max<TraceTime>(at, 0);  // whatever stands in the pool's memory
    if (!submitted_.emplace(event.task_id, at).second) return;
    model_.submits.push_back({at, at, event.name, event.task_id, event.sampling});
  }

  void start(TraceTime at, const TaskEvent& event) {
    if (!event.worker) return;
    // That of the submission may not be in memory any more.
    if (!event.took.is_zero()) submit(at - event.took.nanoseconds(), event);
    const auto [place, is_new] = open_.try_emplace(*event.worker);
    // How the one before it ended is not known.
    if (!is_new) put(*event.worker, place->second, at, "unknown");
    place->second = {at, event};
  }

  void end(TraceTime at, const TaskEvent& event) {
    if (!event.worker) return;
    const auto open = open_.find(*event.worker);
    TraceTime begin = std::max<TraceTime>(at - event.took.nanoseconds(), 0);
    if (open != open_.end() && open->second.event.task_id == event.task_id) {
      begin = open->second.begin;
      open_.erase(open);
    }
    put(*event.worker, {begin, event}, at, to_string(event.kind));
  }

  void close(std::uint64_t task_id, TraceTime at, std::string_view outcome) {
    const auto open = std::find_if(open_.begin(), open_.end(), [&](const auto& entry) {
      return entry.second.event.task_id == task_id;
    });
    if (open == open_.end()) return;
    put(open->first, open->second, at, outcome);
    open_.erase(open);
  }

  struct Begun {
    TraceTime begin = 0;
    TaskEvent event;
  };

  void put(std::size_t worker, const Begun& begun, TraceTime end, std::string_view outcome) {
    const TaskEvent& event = begun.event;
    model_.slices.push_back({worker, begun.begin, end, event.name, event.task_id, event.attempt,
                             outcome, event.sampling});
  }

  // What runs at the end, also where its start is not in memory any more.
  void add_running() {
    for (const WorkerStats& worker : pool_.stats.workers) {
      const auto open = open_.find(worker.index);
      if (has_task(worker) &&
          (open == open_.end() || open->second.event.task_id != worker.task_id)) {
        if (open != open_.end()) put(worker.index, open->second, window_.end, "unknown");
        const TraceTime begin = window_.end - worker.running_for.nanoseconds();
        model_.slices.push_back({worker.index, std::max<TraceTime>(begin, 0), window_.end,
                                 worker.task_name, worker.task_id, worker.task_attempt, "running",
                                 1});
      } else if (open != open_.end()) {
        put(worker.index, open->second, window_.end, has_task(worker) ? "running" : "unknown");
      }
    }
  }

  void add_deaths() {
    for (const muster::DeathStats& death : pool_.stats.last_deaths) {
      TraceMark mark{trace_time(pool_, death.at), std::nullopt, "worker died", death.sentence};
      const int index = death.death.worker_index;
      if (index >= 0 && static_cast<std::size_t>(index) < pool_.stats.workers.size()) {
        mark.worker = static_cast<std::size_t>(index);
      }
      model_.marks.push_back(std::move(mark));
    }
  }

  // Of the time before the window, but for those of tasks that waited or ran within it.
  void drop_submits() {
    std::unordered_set<std::uint64_t> ran;
    for (const TraceSlice& slice : model_.slices) ran.insert(slice.task_id);
    std::erase_if(model_.submits, [&](const TraceSubmit& submit) {
      return submit.begin < window_.begin && !ran.contains(submit.task_id) &&
             !cancelled_.contains(submit.task_id) && !waiting_.has(submit.task_id);
    });
  }

  // Clocks are read one after the other, so that ends and beginnings can cross by a little.
  void part_slices() {
    std::ranges::stable_sort(model_.slices, {}, &TraceSlice::begin);
    std::unordered_map<std::size_t, TraceTime> free_from;
    for (TraceSlice& slice : model_.slices) {
      TraceTime& free = free_from[slice.worker];
      slice.begin = std::max(slice.begin, free);
      slice.end = std::max(slice.end, slice.begin + 1);
      free = slice.end;
    }
    std::ranges::stable_sort(model_.slices, {}, &TraceSlice::begin);
  }

  void part_submits() {
    std::ranges::stable_sort(model_.submits, {}, &TraceSubmit::begin);
    TraceTime free = 0;
    for (std::size_t i = 0; i < model_.submits.size(); ++i) {
      TraceSubmit& submit = model_.submits[i];
      submit.begin = std::max(submit.begin, free);
      submit.end = submit.begin + kSubmitShown;
      if (i + 1 < model_.submits.size()) {
        submit.end = std::min(submit.end, std::max(model_.submits[i + 1].begin, submit.begin + 1));
      }
      free = submit.end;
    }
  }

  const PoolInfo& pool_;
  TraceWindow window_;
  const WaitingTasks& waiting_;
  std::unordered_map<std::size_t, Begun> open_;  // by worker
  std::unordered_set<std::uint64_t> cancelled_;  // within the window
  std::unordered_map<std::uint64_t, TraceTime> submitted_;
  TraceModel model_;
};

}  // namespace

TraceTime trace_time(const PoolInfo& pool, std::chrono::system_clock::time_point at) {
  return std::max<TraceTime>(std::chrono::nanoseconds(at - pool.created).count(), 0);
}

TraceModel make_trace(std::vector<TaskEvent> events, const PoolInfo& pool,
                      const TraceWindow& window, const WaitingTasks& waiting) {
  std::ranges::stable_sort(events, {}, &TaskEvent::at);
  Maker maker(pool, window, waiting);
  for (const TaskEvent& event : events) maker.add(event);
  return std::move(maker).finish();
}

}  // namespace muster_tool
