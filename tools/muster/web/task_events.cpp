#include "task_events.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "documents.hpp"

namespace muster_tool::web {

namespace {

using muster::TaskEvent;
using muster::TaskEventKind;

// What the page calls it; none: it does not draw this.
std::optional<int> number_of(TaskEventKind kind) {
  switch (kind) {
    case TaskEventKind::finished: return 0;
    case TaskEventKind::failed: return 1;
    case TaskEventKind::died: return 2;
    case TaskEventKind::submitted:
    case TaskEventKind::started:
    case TaskEventKind::cancelled:
    case TaskEventKind::requeued: break;
  }
  return std::nullopt;
}

// A column of the table that the page reads.
class Column {
 public:
  explicit Column(std::string_view name) : text_(fmt::format(",\"{}\":[", name)) {}

  template <class T>
  void add(const T& value) {
    if (!first_) text_ += ',';
    first_ = false;
    fmt::format_to(std::back_inserter(text_), "{}", value);
  }
  const std::string& str() {
    text_ += ']';
    return text_;
  }

 private:
  std::string text_;
  bool first_ = true;
};

std::int64_t epoch_ns(std::chrono::system_clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

}  // namespace

TaskEnds::Begun& TaskEnds::begun(std::size_t worker) {
  if (begun_.size() <= worker) begun_.resize(worker + 1);
  return begun_[worker];
}

std::string TaskEnds::document(const std::vector<TaskEvent>& events, std::uint64_t lost) {
  std::vector<End> ends;
  for (const TaskEvent& event : events) {
    if (!event.worker) continue;
    Begun& last = begun(*event.worker);
    if (event.kind == TaskEventKind::started) {
      last = {event.task_id, event.took.nanoseconds()};
    } else if (number_of(event.kind)) {
      ends.push_back({&event, last.task_id == event.task_id ? last.waited_ns : -1});
    }
  }
  if (ends.empty() && lost == 0) return "";

  std::uint64_t cut = 0;
  const std::size_t limit = std::exchange(told_, true) ? limit_ : 10 * limit_;
  if (ends.size() > limit) {
    const auto before = [](const End& a, const End& b) {
      const bool a_fine = a.event->kind == TaskEventKind::finished;
      const bool b_fine = b.event->kind == TaskEventKind::finished;
      return a_fine != b_fine ? b_fine : a.event->took > b.event->took;
    };
    const auto last = ends.begin() + static_cast<std::ptrdiff_t>(limit);
    std::nth_element(ends.begin(), last, ends.end(), before);
    cut = ends.size() - limit;
    ends.erase(last, ends.end());
    std::sort(ends.begin(), ends.end(),
              [](const End& a, const End& b) { return a.event->at < b.event->at; });
  }

  const std::int64_t base = ends.empty() ? 0 : epoch_ns(ends.front().event->at);
  Column kind("kind"), end("end"), run("run"), wait("wait"), worker("worker"), name("name"),
      id("task"), attempt("attempt"), sampling("sampling");
  std::map<std::string_view, std::size_t> numbers;
  std::vector<std::string_view> names;
  for (const auto& [event, waited_ns] : ends) {
    kind.add(*number_of(event->kind));
    end.add((epoch_ns(event->at) - base) / 1000);
    run.add(std::max<std::int64_t>(event->took.nanoseconds(), 0));
    wait.add(waited_ns);
    worker.add(*event->worker);
    const auto [known, added] = numbers.try_emplace(event->name, names.size());
    if (added) names.push_back(event->name);
    name.add(known->second);
    id.add(event->task_id);
    attempt.add(event->attempt);
    sampling.add(event->sampling);
  }
  std::string text = fmt::format("{{\"base\":{}.{:09},\"lost\":{},\"cut\":{},\"names\":[",
                                 base / 1'000'000'000, base % 1'000'000'000, lost, cut);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) text += ',';
    text += quoted(names[i]);
  }
  text += ']';
  for (Column* column : {&kind, &end, &run, &wait, &worker, &name, &id, &attempt, &sampling}) {
    text += column->str();
  }
  return text + "}";
}

}  // namespace muster_tool::web
