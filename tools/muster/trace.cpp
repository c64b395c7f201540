// muster trace: what a pool's workers did when, for Perfetto and chrome://tracing.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <muster/inspect.hpp>

#include "bench/output_file.hpp"
#include "command.hpp"
#include "json.hpp"
#include "lib/inspect/metric_reader.hpp"
#include "open_pool.hpp"
#include "option_values.hpp"
#include "output.hpp"
#include "pool_option.hpp"
#include "stop_signals.hpp"
#include "text.hpp"
#include "trace_model.hpp"
#include "trace_text.hpp"
#include "usage_error.hpp"

namespace muster_tool {

namespace {

using Clock = std::chrono::system_clock;

// How often a pool is asked while it is recorded: its rings have room for more than comes
// meanwhile, unless tasks are very short.
constexpr std::chrono::milliseconds kPause{20};
// More make a file that no viewer opens.
constexpr std::size_t kMostEvents = 1'000'000;

struct Options : CommonOptions {
  std::string pool;
  std::string output;
  std::optional<muster::Duration> last;
  std::optional<muster::Duration> duration;
};

struct Recording {
  std::vector<muster::TaskEvent> events;
  std::vector<TraceDepth> depths;
  std::uint64_t lost = 0;
  bool full = false;
  bool ended = false;      // the pool
  muster::PoolInfo alive;  // as it was when it was looked at last and certainly lived
  muster::PoolInfo last;   // as it was after that

  // While the client is there, what was seen before is not a pool that is being taken down.
  void see(muster::PoolInfo now) {
    count(now);
    if (now.state != muster::PoolState::orphan) alive = std::move(last);
    last = std::move(now);
  }

  void take_in(muster::PoolInspector& inspector) {
    std::uint64_t missed = 0;
    std::vector<muster::TaskEvent> more = inspector.events(&missed);
    lost += missed;
    const std::size_t room = kMostEvents - events.size();
    full = more.size() > room;
    // The last ones are those that were asked for, where all are of the past.
    if (full && events.empty()) {
      lost += more.size() - room;
      more.erase(more.begin(), more.end() - static_cast<std::ptrdiff_t>(room));
    } else if (full) {
      lost += more.size() - room;
      more.resize(room);
    }
    events.insert(events.end(), more.begin(), more.end());
  }

  void count(const muster::PoolInfo& pool) {
    depths.push_back({trace_time(pool, Clock::now()), pool.stats.queued, pool.stats.running});
  }
};

// What a pool has room for in its memory; 0: it keeps none.
struct KeptEvents {
  std::uint32_t of_worker = 0;  // of each
  std::uint32_t of_client = 0;
  bool no_room = false;  // limits of its program left none, whatever it had asked for

  explicit KeptEvents(const muster::PoolInspector& inspector) {
    const muster::detail::Geometry& geometry =
        muster::detail::InspectorAccess::pool(inspector).constants().geometry;
    of_worker = geometry.worker_events;
    of_client = geometry.client_events;
    no_room = geometry.histograms == 0;
  }

  bool all() const { return of_worker != 0 && of_client != 0; }
  std::string_view reason() const { return no_room ? "limits" : "options"; }
};

// Why there is less in the trace than has happened.
std::string without_events(const KeptEvents& kept, const muster::PoolInfo& pool) {
  const std::string_view whose = kept.of_worker != 0   ? " of its client"
                                 : kept.of_client != 0 ? " of its workers"
                                                       : "";
  return fmt::format("pool \"{}\" keeps no events{}, {}: {}", printable(pool.name), whose,
                     kept.no_room ? "since RLIMIT_AS or RLIMIT_FSIZE left no room for them"
                                  : "since its TelemetryOptions say so",
                     kept.of_worker != 0
                         ? "what was cancelled or not begun yet is missing in the trace"
                         : "tasks that have ended are missing in the trace");
}

bool to_standard_output(const Options& options) { return options.output == "-"; }

// From now on.
void record(muster::PoolInspector& inspector, muster::Duration duration, Recording& recording) {
  StopSignals signals;
  (void)inspector.events();  // of the past
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(duration);
  for (bool goes_on = true; goes_on;) {
    recording.see(inspector.look());
    const auto left = end - std::chrono::steady_clock::now();
    goes_on = !signals.wait_for(std::min<muster::Duration>(kPause, left)) && inspector.alive() &&
              std::chrono::steady_clock::now() < end;
    recording.take_in(inspector);
    goes_on = goes_on && !recording.full;
  }
}

std::string summary_text(const TraceModel& model, const Recording& recording,
                         const TraceWindow& window, const Options& options) {
  std::string text = fmt::format(
      "{}: {} and {} in {}\n",
      to_standard_output(options) ? "standard output" : printable(options.output),
      counted(model.slices.size(), "task", "tasks"), counted(model.marks.size(), "mark", "marks"),
      describe(std::chrono::nanoseconds(window.end - window.begin)));
  const bool sampled =
      std::ranges::any_of(model.slices, [](const TraceSlice& slice) { return slice.sampling > 1; });
  if (sampled) text += "of tasks that take less than 2 us there is a sample\n";
  if (recording.lost != 0) {
    text += fmt::format("{} missing: they came faster than they could be kept\n",
                        counted(recording.lost, "event is", "events are"));
  }
  if (recording.full) {
    text += fmt::format("it ends early: more than {} events\n", kMostEvents);
  }
  if (recording.ended) text += "the pool has ended\n";
  return text;
}

std::string to_document(const TraceModel& model, const Recording& recording,
                        const TraceWindow& window, const KeptEvents& kept, const Options& options) {
  return document(Json{{"file", options.output},
                       {"tasks", model.slices.size()},
                       {"marks", model.marks.size()},
                       {"seconds", static_cast<double>(window.end - window.begin) * 1e-9},
                       {"lost_events", recording.lost},
                       {"full", recording.full},
                       {"ended", recording.ended},
                       {"worker_events", kept.of_worker},
                       {"client_events", kept.of_client},
                       {"no_events_because", kept.all() ? Json() : Json(kept.reason())}});
}

WaitingTasks tasks_that_wait(const std::vector<muster::TaskInfo>& tasks,
                             const muster::PoolInfo& pool) {
  WaitingTasks waiting;
  std::uint64_t last = 0;
  for (const muster::TaskInfo& task : tasks) {
    last = std::max(last, task.id);
    if (task.state == muster::TaskState::pending) waiting.with_slot.insert(task.id);
  }
  // They get slots in the order in which they came.
  if (pool.stats.behind != 0) waiting.behind_after = last;
  return waiting;
}

// Memory may not reach back as far as was asked for.
TraceTime begin_of(const TraceModel& model, const TraceWindow& window) {
  TraceTime begin = window.end;
  if (!model.slices.empty()) begin = std::min(begin, model.slices.front().begin);
  if (!model.submits.empty()) begin = std::min(begin, model.submits.front().begin);
  return begin;
}

ExitCode run_trace(const Options& options) {
  std::optional<bench::OutputFile> file;
  if (!to_standard_output(options)) file.emplace(options.output);
  muster::PoolInspector inspector = open_pool(options.pool, options.inspect());
  Recording recording;
  recording.alive = recording.last = inspector.look();
  const TraceTime asked = trace_time(recording.alive, Clock::now());
  if (options.duration) {
    record(inspector, *options.duration, recording);
  } else {
    recording.take_in(inspector);
  }
  muster::PoolInfo pool = inspector.look();
  if (!options.duration) recording.count(pool);

  TraceWindow window{0, trace_time(pool, Clock::now())};
  recording.ended = !inspector.alive();
  if (recording.ended) {
    // It lived when it was looked at last, and what it told last is not later than its end.
    window.end = recording.depths.empty() ? asked : recording.depths.back().at;
    if (!recording.events.empty()) {
      window.end = std::max(window.end, trace_time(pool, recording.events.back().at));
    }
  }
  if (options.duration) window.begin = asked;
  if (options.last) window.begin = std::max<TraceTime>(window.end - options.last->nanoseconds(), 0);
  // What ran when it was killed is not to be seen any more.
  if (recording.ended) pool.stats.workers = std::move(recording.alive.stats.workers);
  TraceModel model = make_trace(std::move(recording.events), pool, window,
                                tasks_that_wait(inspector.tasks(), pool));
  model.depths = recording.depths;
  if (!options.duration) window.begin = std::max(window.begin, begin_of(model, window));
  const std::string trace = trace_text(model, pool, recording.lost);
  const KeptEvents kept(inspector);
  const std::string summary = options.json ? to_document(model, recording, window, kept, options)
                                           : summary_text(model, recording, window, options);
  ExitCode printed = ExitCode::fine;
  if (file) {
    file->write(trace);
    printed = print(summary);
  } else {
    printed = print(trace);
    // Of a trace that is not there nothing is said.
    if (printed == ExitCode::fine) (void)std::fwrite(summary.data(), 1, summary.size(), stderr);
  }
  // A document says it by itself, maybe on standard error.
  if (!kept.all() && !options.json) complain(without_events(kept, pool));
  return printed;
}

}  // namespace

void add_trace(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("trace", "Write what the workers did when, for Perfetto");
  add_pool(*command, options->pool)->required();
  command
      ->add_option("-o,--output", options->output,
                   "The file, which is replaced; - is standard output")
      ->required()
      ->check(kFileName)
      ->type_name("FILE");
  CLI::Option* last =
      add_duration(*command, "--last", "Of what is still in memory, the last so long (all of it)",
                   [options](muster::Duration time) { options->last = time; });
  add_duration(*command, "--duration", "From now on for so long, or until Ctrl-C",
               [options](muster::Duration time) { options->duration = time; })
      ->excludes(last);
  add_common(*command, *options);
  command->callback([options, &run] { run = [options] { return run_trace(*options); }; });
}

}  // namespace muster_tool
