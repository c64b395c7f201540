#include "worker_page.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "screen_text.hpp"
#include "tools/muster/text.hpp"

namespace muster_tool::top {

namespace {

using muster::WorkerStats;

Line labelled(std::string_view label, std::string text, Style style = Style::plain) {
  Line line(fit(label, 11), Style::dim);
  return line.add(std::move(text), style);
}

std::string about_task(const WorkerRow& row) {
  if (!row.runs()) return "none";
  const WorkerStats& worker = row.worker;
  return fmt::format("{} (id {}), attempt {}, for {}", screen_text(worker.task_name),
                     worker.task_id, worker.task_attempt,
                     muster_tool::describe(worker.running_for));
}

Line about_progress(const WorkerRow& row) {
  const WorkerStats& worker = row.worker;
  if (!row.runs() || worker.progress_total == 0) return labelled("progress", "not told");
  Line line = labelled("progress", progress_bar(worker.progress_done, worker.progress_total, 20),
                       Style::graph);
  return line.add(fmt::format(" {:.1f}% ({} of {})",
                              progress(worker.progress_done, worker.progress_total) * 100,
                              worker.progress_done, worker.progress_total));
}

}  // namespace

Page worker_page(const PoolModel& model, std::size_t index, const TaskHistory& history,
                 std::size_t width) {
  const auto& rows = model.workers();
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const WorkerRow& row) { return row.worker.index == index; });
  if (found == rows.end()) return {Line(fmt::format("The pool has no worker {} any more.", index))};
  const WorkerStats& worker = found->worker;

  Page page;
  const std::string pid = worker.pid == 0 ? "no process" : fmt::format("pid {}", worker.pid);
  Line title(fmt::format("worker {} ({}) of {}: ", index, pid, screen_text(model.pool().name)),
             Style::strong);
  page.push_back(title.add(std::string(to_string(worker.state)), found->style()));
  page.push_back(labelled("task", about_task(*found)));
  page.push_back(about_progress(*found));
  page.push_back(
      labelled("process",
               fmt::format("{} old, CPU {}%, RSS {}, at most {}", muster_tool::describe(worker.age),
                           percent(found->cpu), describe_bytes(worker.rss_bytes),
                           describe_bytes(worker.max_rss_bytes))));
  page.push_back(
      labelled("done", fmt::format("{} tasks ({}/s), of them {} failed", worker.tasks_done,
                                   short_number(found->done_per_second), worker.tasks_failed)));
  page.push_back(
      labelled("results", fmt::format("{} not yet taken", describe_bytes(worker.results_bytes))));
  page.push_back(labelled("deaths", std::to_string(worker.deaths),
                          worker.deaths == 0 ? Style::plain : Style::bad));
  for (const muster::DeathStats& death : model.pool().stats.last_deaths) {
    if (death.death.worker_index != static_cast<int>(index)) continue;
    for (const std::string& line :
         wrap(screen_text(death.sentence), std::max<std::size_t>(width, 20))) {
      page.emplace_back(line, Style::bad);
    }
    break;
  }
  page.emplace_back();
  if (history.sampling() > 1) {
    page.emplace_back(fmt::format("Of short tasks one in {} is told.", history.sampling()),
                      Style::dim);
  }
  for (Line& line : history.lines(width)) page.push_back(std::move(line));
  return page;
}

}  // namespace muster_tool::top
