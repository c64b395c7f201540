#include "worker_row.hpp"

#include <array>

#include <fmt/format.h>

#include "graph.hpp"
#include "numbers.hpp"
#include "screen_text.hpp"
#include "tools/muster/text.hpp"

namespace muster_tool::top {

namespace {

using muster::WorkerState;

constexpr std::size_t kBar = 8;

SortKey by(std::uint64_t number) { return {static_cast<double>(number), {}}; }
SortKey by(double number) { return {number, {}}; }
SortKey by(std::optional<double> number) { return by(number.value_or(-1)); }

std::string bytes(std::uint64_t count) { return count == 0 ? "-" : describe_bytes(count); }

std::string progress_of(const WorkerRow& row) {
  const muster::WorkerStats& worker = row.worker;
  if (!row.runs() || worker.progress_total == 0) return "";
  return progress_bar(worker.progress_done, worker.progress_total, kBar) +
         fmt::format(" {:3.0f}%", progress(worker.progress_done, worker.progress_total) * 100);
}

using Row = WorkerRow;

constexpr std::array<Column<Row>, 13> kColumns{{
    {.title = "WORKER",
     .word = "worker",
     .align = Align::right,
     .rank = 0,
     .text = [](const Row& row) { return std::to_string(row.worker.index); },
     .key = [](const Row& row) { return by(row.worker.index); }},
    {.title = "PID",
     .word = "pid",
     .align = Align::right,
     .rank = 4,
     .text =
         [](const Row& row) { return row.worker.pid == 0 ? "-" : std::to_string(row.worker.pid); },
     .key = [](const Row& row) { return by(static_cast<double>(row.worker.pid)); }},
    {.title = "STATE",
     .word = "state",
     .rank = 1,
     .text = [](const Row& row) { return std::string(to_string(row.worker.state)); },
     .key =
         [](const Row& row) {
           return SortKey{0, to_string(row.worker.state)};
         }},
    {.title = "TASK",
     .word = "task",
     .stretches = true,
     .rank = 2,
     .text = [](const Row& row) { return task_of(row); },
     .key =
         [](const Row& row) {
           return SortKey{0, row.worker.task_name};
         }},
    {.title = "ID",
     .word = "id",
     .align = Align::right,
     .descending = true,
     .rank = 10,
     .text = [](const Row& row) { return row.runs() ? std::to_string(row.worker.task_id) : "-"; },
     .key = [](const Row& row) { return by(row.worker.task_id); }},
    {.title = "RUN TIME",
     .word = "run-time",
     .align = Align::right,
     .descending = true,
     .rank = 3,
     .text =
         [](const Row& row) {
           return row.runs() ? muster_tool::describe(row.worker.running_for) : "-";
         },
     .key = [](const Row& row) { return by(row.runs() ? row.worker.running_for.seconds() : -1); }},
    {.title = "TRY",
     .word = "attempt",
     .align = Align::right,
     .descending = true,
     .rank = 12,
     .text =
         [](const Row& row) { return row.runs() ? std::to_string(row.worker.task_attempt) : "-"; },
     .key = [](const Row& row) { return by(std::uint64_t{row.worker.task_attempt}); }},
    {.title = "PROGRESS",
     .word = "progress",
     .descending = true,
     .rank = 7,
     .text = progress_of,
     .key =
         [](const Row& row) {
           const muster::WorkerStats& worker = row.worker;
           return by(worker.progress_total == 0
                         ? -1
                         : progress(worker.progress_done, worker.progress_total));
         }},
    {.title = "CPU%",
     .word = "cpu",
     .align = Align::right,
     .descending = true,
     .rank = 5,
     .text = [](const Row& row) { return percent(row.cpu); },
     .key = [](const Row& row) { return by(row.cpu); }},
    {.title = "RSS",
     .word = "rss",
     .align = Align::right,
     .descending = true,
     .rank = 6,
     .text = [](const Row& row) { return bytes(row.worker.rss_bytes); },
     .key = [](const Row& row) { return by(row.worker.rss_bytes); }},
    {.title = "MAX RSS",
     .word = "max-rss",
     .align = Align::right,
     .descending = true,
     .rank = 11,
     .text = [](const Row& row) { return bytes(row.worker.max_rss_bytes); },
     .key = [](const Row& row) { return by(row.worker.max_rss_bytes); }},
    {.title = "DONE/S",
     .word = "done",
     .align = Align::right,
     .descending = true,
     .rank = 8,
     .text = [](const Row& row) { return short_number(row.done_per_second); },
     .key = [](const Row& row) { return by(row.done_per_second); }},
    {.title = "DEATHS",
     .word = "deaths",
     .align = Align::right,
     .descending = true,
     .rank = 9,
     .text = [](const Row& row) { return std::to_string(row.worker.deaths); },
     .key = [](const Row& row) { return by(row.worker.deaths); }},
}};

}  // namespace

Style WorkerRow::style() const {
  switch (worker.state) {
    case WorkerState::dead: return Style::bad;
    case WorkerState::stopped: return Style::warning;
    case WorkerState::running: return Style::plain;
    default: return Style::dim;
  }
}

std::string task_of(const WorkerRow& row) {
  return row.runs() ? screen_text(row.worker.task_name) : "-";
}

std::span<const Column<WorkerRow>> worker_columns() { return kColumns; }

}  // namespace muster_tool::top
