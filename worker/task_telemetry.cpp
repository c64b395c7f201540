#include "worker/task_telemetry.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include "lib/common/checksum.hpp"
#include "lib/common/exception_text.hpp"
#include "lib/common/resident_memory.hpp"
#include "lib/common/ticks.hpp"
#include "lib/segments/memfd.hpp"

namespace muster::detail {

namespace {

// About a millisecond. To look at the memory takes some microseconds.
constexpr std::uint64_t kLongTicks = 3'000'000;

}  // namespace

TaskTelemetry::TaskTelemetry(const TasksView& tasks, const WindowView& window, std::uint32_t worker,
                             int fd)
    : tasks_(tasks),
      telemetry_(window.telemetry()),
      record_(window.record()),
      worker_(worker),
      names_(telemetry_.head().names),
      fd_(fd),
      at_(worker * window.geometry.window_bytes + window.geometry.telemetry_at()),
      events_(telemetry_.ring(), telemetry_.head().events.written.load(), fd,
              at_ + telemetry_.plan.events_at(),
              {.step = 16 * 1024, .allocate = allocate_few_pages}) {}

void TaskTelemetry::describe(Hint task) {
  event_.kind = EventKind::started;
  event_.name = name_;
  event_.weight_log2 = 0;
  event_.worker = worker_;
  event_.task = task.tag();
  event_.at_ticks = started();
  event_.since_ticks = 0;
}

void TaskTelemetry::begin_traced(Hint task) {
  describe(task);
  // Relaxed: the claim has ordered it.
  const std::uint64_t mark = tasks_.trace_mark(task.slot()).load(std::memory_order_relaxed);
  event_.weight_log2 = static_cast<std::uint8_t>(TraceMark::weight_log2(mark));
  if (TraceMark::is_timed(mark)) {
    event_.since_ticks = TraceMark::ticks(mark);
    // Clocks of two processors may be apart by a few ticks.
    const std::uint64_t waited = event_.at_ticks - std::min(event_.at_ticks, event_.since_ticks);
    telemetry_.queue_time().add(waited, std::uint64_t{1} << event_.weight_log2,
                                telemetry_.head().queue_time);
  }
  events_.put(event_);
}

void TaskTelemetry::add_unchosen(Hint task) {
  describe(task);
  events_.put(event_);
}

void TaskTelemetry::end_traced(std::uint64_t now, bool failed) {
  event_.kind = failed ? EventKind::failed : EventKind::finished;
  event_.since_ticks = event_.at_ticks;
  event_.at_ticks = std::max(now, event_.since_ticks);
  const std::uint64_t ran = event_.at_ticks - event_.since_ticks;
  // While each start is known all long ones are timed, also those that nobody has chosen.
  if (start_is_known_ && ran >= kTinyTicks) event_.weight_log2 = 0;
  NameTelemetry& name = names_[name_];
  raise(name.timed);
  measure(name, ran, event_.weight_log2);
  if (has_run_times(name)) {
    telemetry_.run_time(name_).add(ran, std::uint64_t{1} << event_.weight_log2, name.run_time);
  }
  events_.put(event_);
  if (ran >= kLongTicks) note_memory();
}

// With pages, which are asked for again by the next task where there are none.
bool TaskTelemetry::has_run_times(const NameTelemetry& name) const {
  if (telemetry_.plan.histograms == 0) return false;
  // Where a bucket was written, by this worker or the one before it, there are pages for all.
  return name.run_time.word.load(std::memory_order_relaxed) != 0 ||
         allocate_few_pages(fd_, at_ + TelemetryPlan::run_time_at(name_), kHistogramBytes);
}

// An average in which each counts as many as it stands for, of some 256 tasks.
void TaskTelemetry::measure(NameTelemetry& name, std::uint64_t ran, unsigned weight_log2) {
  constexpr unsigned kTasksLog2 = 8;
  constexpr std::uint64_t kMost = 16 * kTinyTicks;
  // One that was held up, by others on its processor, is not to count for thousands.
  ran = std::min(ran, kMost);
  // Our own; but a task may have written over it.
  const std::uint64_t before = std::min(name.recent_ticks.load(std::memory_order_relaxed), kMost);
  const auto difference = static_cast<std::int64_t>(ran) - static_cast<std::int64_t>(before);
  const auto step = difference / (std::int64_t{1} << (kTasksLog2 - std::min(weight_log2, 6U)));
  const std::uint64_t average = before == 0 ? ran : before + static_cast<std::uint64_t>(step);
  // For the client. 0 would be: not known.
  name.recent_ticks.store(std::max<std::uint64_t>(average, 1), std::memory_order_relaxed);
}

void TaskTelemetry::note_memory() {
  const ResidentMemory memory = resident_memory();
  // More than ever before: it was this task. Else what there is now.
  const bool more = memory.high_water > high_water_ && high_water_ != 0;
  high_water_ = std::max(high_water_, memory.high_water);
  raise_to(names_[name_].max_rss, more ? memory.high_water : memory.now);
  telemetry_.head().high_water_rss.store(high_water_, std::memory_order_relaxed);  // for lookers
}

void TaskTelemetry::failed(const std::exception_ptr& error) noexcept {
  raise(telemetry_.head().failures);
  raise(names_[name_].failures);
  try {
    note_failure(describe_exception(error));
  } catch (const std::bad_alloc&) {
    note_failure("std::bad_alloc");  // what it was there is no memory to say
  }
}

void TaskTelemetry::note_failure(std::string_view text) {
  text = text.substr(0, FailureTelemetry::kText - 1);
  const std::uint64_t hash =
      checksum({name_}, reinterpret_cast<const std::byte*>(text.data()), text.size());
  auto& all = telemetry_.head().failure_texts;
  for (FailureTelemetry& one : all) {
    const bool last = &one == &all[kFailures - 1];
    if (one.count.load(std::memory_order_relaxed) == 0) {
      one.hash = hash;
      one.name = last ? 0 : name_;
      if (last) text = "(others)";
      std::memcpy(one.text, text.data(), text.size());
      one.text[text.size()] = '\0';
      // Release pairs with the reader's acquire: the text is there if it is counted.
      one.count.store(1, std::memory_order_release);
      return;
    }
    if (one.hash == hash || last) return raise(one.count);
  }
}

}  // namespace muster::detail
