#pragma once

// What a worker tells of the tasks it runs: see lib/telemetry/worker_telemetry.hpp.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string_view>

#include <muster/detail/chunk.hpp>

#include "lib/common/count.hpp"
#include "lib/common/ticks.hpp"
#include "lib/queue/hint_ring.hpp"
#include "lib/segments/growing_ring.hpp"
#include "lib/segments/views.hpp"

namespace muster::detail {

class TaskTelemetry final : public ItemFailures {
 public:
  // The window's record is this life's. The windows lie in the file `fd`.
  TaskTelemetry(const TasksView& tasks, const WindowView& window, std::uint32_t worker, int fd);

  // Before the task runs, which was claimed. `start_is_known`: so it is of each task at the moment.
  // That of one that was chosen to be timed is known in any case.
  void begin(Hint task, const TaskPart& part, bool start_is_known) {
    name_ = part.name;
    start_is_known_ = start_is_known;
    traced_ = (part.flags & kTraced) != 0;
    if (traced_) [[unlikely]]
      begin_traced(task);
  }
  // After it, and before its end can be seen.
  void end(Hint task, bool failed) {
    raise(names_[name_].done);
    if (traced_) {
      end_traced(ticks_now(), failed);
    } else if (start_is_known_) {
      end_unchosen(task, failed);
    }
  }
  // It was to be killed, and is not done after all. What was timed of it stays: of one killed in
  // the instant between its end and the word of it, events tell that it finished and that it died.
  void take_back() {
    auto& count = names_[name_].taken_back;
    // Release pairs with the reader, who looks here first: he finds it counted as done, too.
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  // What the task threw, or an item of it: before end().
  void failed(const std::exception_ptr& error) noexcept override;

 private:
  // Relaxed: for whoever looks in.
  static void raise_to(std::atomic<std::uint64_t>& most, std::uint64_t value) {
    if (most.load(std::memory_order_relaxed) < value) most.store(value, std::memory_order_relaxed);
  }
  void begin_traced(Hint task);
  void end_traced(std::uint64_t now, bool failed);
  // One that turns out to be long is timed all the same, and so stands for itself alone.
  void end_unchosen(Hint task, bool failed) {
    const std::uint64_t now = ticks_now();
    if (now < started() + kTinyTicks) [[likely]]
      return;
    add_unchosen(task);
    end_traced(now, failed);
  }
  void add_unchosen(Hint task);
  void describe(Hint task);
  std::uint64_t started() const {
    return record_.started_ticks.load(std::memory_order_relaxed);  // our own
  }
  void measure(NameTelemetry& name, std::uint64_t ran, unsigned weight_log2);
  bool has_run_times(const NameTelemetry& name) const;
  void note_memory();
  void note_failure(std::string_view text);

  const TasksView tasks_;
  const TelemetryView telemetry_;
  const WorkerRecord& record_;
  const std::uint32_t worker_;
  NameTelemetry* const names_;
  const int fd_;
  const std::uint64_t at_;  // of the telemetry in the file
  GrowingRing events_;
  std::uint64_t high_water_ = 0;

  // The task that runs.
  std::uint8_t name_ = 0;
  bool traced_ = false;
  bool start_is_known_ = false;
  Event event_;
};

}  // namespace muster::detail
