#include "task_history.hpp"

#include <fmt/format.h>

#include "numbers.hpp"
#include "screen_text.hpp"
#include "tools/muster/table.hpp"
#include "tools/muster/text.hpp"

namespace muster_tool::top {

using muster::TaskEvent;
using muster::TaskEventKind;

namespace {

constexpr std::size_t kKept = 100;

// "17:03:59.123", in this machine's time.
std::string clock_time(std::chrono::system_clock::time_point at) {
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  const std::time_t seconds = ms / 1000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", local.tm_hour, local.tm_min, local.tm_sec,
                     ms % 1000);
}

bool is_end(TaskEventKind kind) {
  return kind == TaskEventKind::finished || kind == TaskEventKind::failed ||
         kind == TaskEventKind::died;
}

}  // namespace

void TaskHistory::add(const TaskEvent& event) {
  sampling_ = event.sampling;
  if (event.kind == TaskEventKind::started) {
    started_id_ = event.task_id;
    started_after_ = event.took;
  }
  if (!is_end(event.kind)) return;
  Entry entry{event.at,   event.task_id, event.attempt, event.name,
              event.kind, std::nullopt,  event.took};
  if (started_id_ == event.task_id) entry.waited = started_after_;
  entries_.push_front(entry);
  if (entries_.size() > kKept) entries_.pop_back();
}

Page TaskHistory::lines(std::size_t width) const {
  constexpr std::size_t kId = 10;
  constexpr std::size_t kTime = 8;
  const auto line = [&](std::string_view at, std::string_view how, std::string_view took,
                        std::string_view waited, std::string_view id, std::string_view attempt,
                        std::string_view task) {
    std::string text = fit(at, 12) + "  " + fit(how, 8) + "  " + fit(took, kTime, Align::right);
    // What a narrow screen can do without.
    if (width >= 76) text += "  " + fit(waited, kTime, Align::right);
    if (width >= 60) text += "  " + fit(id, kId, Align::right);
    if (width >= 80) text += "  " + fit(attempt, 3, Align::right);
    return text.append("  ").append(task);
  };
  Page page{Line(line("ENDED", "HOW", "TOOK", "WAITED", "ID", "TRY", "TASK"), Style::heading)};
  for (const Entry& entry : entries_) {
    page.emplace_back(
        line(clock_time(entry.at), to_string(entry.how), muster_tool::describe(entry.took),
             describe(entry.waited), std::to_string(entry.id), std::to_string(entry.attempt),
             screen_text(entry.name)),
        entry.how == TaskEventKind::finished ? Style::plain : Style::bad);
  }
  return page;
}

}  // namespace muster_tool::top
