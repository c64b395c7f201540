// muster stack: where workers of a pool are at the moment.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <muster/inspect.hpp>

#include "ask_worker.hpp"
#include "cannot_trace.hpp"
#include "command.hpp"
#include "json.hpp"
#include "lib/inspect/membership.hpp"
#include "lib/inspect/metric_reader.hpp"
#include "lib/inspect/processes.hpp"
#include "lib/inspect/stack_reader.hpp"
#include "open_pool.hpp"
#include "option_values.hpp"
#include "output.hpp"
#include "pool_option.hpp"
#include "stack_copy.hpp"
#include "stuck.hpp"
#include "symbols.hpp"
#include "text.hpp"
#include "unwinder.hpp"
#include "usage_error.hpp"

namespace muster_tool {

namespace {

using muster::PoolInspector;
using muster::WorkerStats;
using muster::detail::NoAnswer;

constexpr std::chrono::milliseconds kPatience{1000};
constexpr std::chrono::milliseconds kLeastPatience{100};

struct Options : CommonOptions {
  std::string pool;
  std::string worker;
  std::optional<muster::Duration> stuck;
  bool ptrace = false;
};

// What names the code of a worker.
struct Code {
  explicit Code(pid_t pid) : symbols(pid), unwinder(pid) {}

  Symbolizer symbols;
  Unwinder unwinder;
};

// Most workers have the same code at the same places, and to read its files takes longest.
class AllCode {
 public:
  Code& of(pid_t pid) {
    for (Code& known : known_) {
      if (known.symbols.fits(pid)) return known;
    }
    return known_.emplace_back(pid);
  }

 private:
  std::list<Code> known_;
};

struct ThreadStack {
  pid_t thread = 0;
  std::optional<Frames> frames;  // none: the thread would not stop
};

// What is told of a worker.
struct Answer {
  WorkerStats worker;
  Code* code = nullptr;              // opened before the worker was asked: it may have ended since
  std::vector<ThreadStack> threads;  // the main one alone where it was asked
  std::optional<muster::Duration> stopped_for;
  std::string complaint;  // why there is nothing
  ExitCode exit_code = ExitCode::fine;
};

// Its index or its pid, where no worker has that index.
const WorkerStats* worker_called(const muster::PoolInfo& pool, const std::string& words) {
  std::size_t number = 0;
  const char* const end = words.data() + words.size();
  const auto read = std::from_chars(words.data(), end, number);
  if (read.ptr != end || read.ec != std::errc()) return nullptr;
  const auto& workers = pool.stats.workers;
  if (number < workers.size()) return &workers[number];
  const auto found = std::find_if(workers.begin(), workers.end(), [&](const WorkerStats& worker) {
    return worker.pid != 0 && static_cast<std::size_t>(worker.pid) == number;
  });
  return found == workers.end() ? nullptr : &*found;
}

ExitCode exit_code_of(NoAnswer::Reason reason) {
  using Reason = NoAnswer::Reason;
  switch (reason) {
    case Reason::no_worker: return ExitCode::no_such_pool;
    case Reason::permission: return ExitCode::permission;
    case Reason::dead:
    case Reason::stopped:
    case Reason::deaf:
    case Reason::silent: break;
  }
  return ExitCode::finding;
}

ExitCode exit_code_of(CannotTrace::Reason reason) {
  switch (reason) {
    case CannotTrace::Reason::permission: return ExitCode::permission;
    case CannotTrace::Reason::failed: return ExitCode::failed;
    case CannotTrace::Reason::ended: break;
  }
  return ExitCode::finding;
}

bool could_be_traced(NoAnswer::Reason reason) {
  using Reason = NoAnswer::Reason;
  return reason == Reason::stopped || reason == Reason::deaf || reason == Reason::silent;
}

Answer ask(const PoolInspector& inspector, const WorkerStats& worker, muster::Duration patience,
           AllCode& all) {
  Answer answer{.worker = worker, .threads = {}, .stopped_for = {}, .complaint = ""};
  try {
    answer.code = &all.of(worker.pid);
    answer.threads.push_back(
        {worker.pid, ask_worker(inspector, worker, patience, answer.code->unwinder)});
  } catch (const NoAnswer& error) {
    answer.complaint = error.what();
    if (could_be_traced(error.reason())) {
      answer.complaint +=
          "; with --ptrace its stack is read from outside, and the worker stopped "
          "while that takes";
    }
    answer.exit_code = exit_code_of(error.reason());
  }
  return answer;
}

Answer trace(const PoolInspector& inspector, const muster::PoolInfo& pool,
             const WorkerStats& worker, AllCode& all) {
  Answer answer{.worker = worker, .threads = {}, .stopped_for = {}, .complaint = ""};
  try {
    if (worker.pid == 0) {
      throw CannotTrace(fmt::format("worker {} is not running", worker.index),
                        CannotTrace::Reason::ended);
    }
    // This stops it, whatever process it is.
    const auto& memory = muster::detail::InspectorAccess::pool(inspector).views();
    if (muster::detail::is_worker_of(memory, pool.supervisor_pid, worker.pid) ==
        muster::detail::IsWorker::unknown) {
      throw CannotTrace(fmt::format("process {} is not stopped: it cannot be told that it is a "
                                    "worker of this pool, whose supervisor is not to be seen",
                                    worker.pid),
                        CannotTrace::Reason::permission);
    }
    answer.code = &all.of(worker.pid);
    // Asked in a process that has not the pool's memory.
    const StackCopy copy = copy_stacks(worker.pid, [&](pid_t pid) {
      const auto process = muster::detail::read_process(pid);
      return process && process->is_worker_of(pool.supervisor_pid);
    });
    answer.stopped_for = copy.stopped_for;
    for (const ThreadCopy& thread : copy.threads) {
      ThreadStack& stack = answer.threads.emplace_back(ThreadStack{thread.thread, {}});
      if (thread.registers) stack.frames = answer.code->unwinder.frames(thread);
    }
  } catch (const CannotTrace& error) {
    answer.complaint = error.what();
    answer.exit_code = exit_code_of(error.reason());
  }
  return answer;
}

std::string_view why_it_ends(Frames::End end, bool traced) {
  switch (end) {
    case Frames::End::outermost: return "";
    case Frames::End::cut:
      return traced ? "its callers lie beyond the MiB of its stack that was copied"
                    : "its callers lie beyond the 64 KiB of its stack that a worker copies; "
                      "with --ptrace it is a MiB";
    case Frames::End::many:
      return "its callers are left out: there are more than 256, as of a function that calls "
             "itself without end";
    case Frames::End::lost: break;
  }
  return "its callers cannot be told: they are on another stack, there is no unwind information, "
         "the stack is spoilt, or its memory could not be read";
}

std::string page(const Answer& answer) {
  const WorkerStats& worker = answer.worker;
  std::string text =
      fmt::format("worker {} (pid {}): {}", worker.index, worker.pid, to_string(worker.state));
  if (has_task(worker)) {
    text += fmt::format(" \"{}\" (task {}) for {}", printable(worker.task_name), worker.task_id,
                        describe(worker.running_for));
  }
  text += '\n';
  for (const ThreadStack& thread : answer.threads) {
    if (answer.threads.size() > 1) {
      text += fmt::format("  thread {}{}\n", thread.thread,
                          thread.thread == worker.pid ? " (main)" : "");
    }
    if (!thread.frames) {
      text += "  it would not stop, so its stack cannot be read\n";
      continue;
    }
    const auto& addresses = thread.frames->addresses;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      for (const std::string& line : answer.code->symbols.describe(addresses[i])) {
        text += fmt::format("  #{:<2} {}\n", i, printable(line));
      }
    }
    const auto why = why_it_ends(thread.frames->end, answer.stopped_for.has_value());
    if (!why.empty()) text += fmt::format("  ({})\n", why);
  }
  return text;
}

Json to_json(const Answer& answer) {
  const WorkerStats& worker = answer.worker;
  Json task;
  if (has_task(worker)) {
    task = {{"id", worker.task_id},
            {"name", worker.task_name},
            {"run_seconds", worker.running_for.seconds()}};
  }
  Json threads = Json::array();
  for (const ThreadStack& thread : answer.threads) {
    Json frames = Json::array();
    for (const std::uintptr_t address : thread.frames.value_or(Frames()).addresses) {
      frames.push_back({{"address", fmt::format("{:#x}", address)},
                        {"functions", answer.code->symbols.describe(address)}});
    }
    threads.push_back(
        {{"id", thread.thread},
         {"frames", std::move(frames)},
         {"complete", thread.frames && thread.frames->end == Frames::End::outermost}});
  }
  return {{"index", worker.index},
          {"pid", worker.pid == 0 ? Json() : Json(worker.pid)},
          {"state", to_string(worker.state)},
          {"task", std::move(task)},
          {"threads", std::move(threads)},
          {"stopped_seconds", answer.stopped_for ? Json(answer.stopped_for->seconds()) : Json()},
          {"error", answer.complaint.empty() ? Json() : Json(answer.complaint)}};
}

// Those that are meant.
std::vector<WorkerStats> chosen(const Options& options, const muster::PoolInfo& pool) {
  std::vector<WorkerStats> workers;
  if (options.stuck) {
    std::copy_if(pool.stats.workers.begin(), pool.stats.workers.end(), std::back_inserter(workers),
                 [&](const WorkerStats& worker) {
                   return has_task(worker) && worker.running_for >= *options.stuck;
                 });
  } else if (const WorkerStats* const worker = worker_called(pool, options.worker)) {
    workers.push_back(*worker);
  }
  return workers;
}

ExitCode run_stack(const Options& options) {
  PoolInspector inspector = open_pool(options.pool, options.inspect());
  const muster::PoolInfo pool = inspector.look();
  const std::vector<WorkerStats> workers = chosen(options, pool);
  if (workers.empty() && !options.stuck) {
    complain(fmt::format(
        "pool \"{}\" has no worker {}: say an index from 0 to {}, or the pid of one "
        "that runs",
        printable(pool.name), printable(options.worker), pool.stats.workers.size() - 1));
    return ExitCode::no_such_pool;
  }

  // Those that do not answer take all of their time.
  const auto shares = static_cast<std::int64_t>(std::max<std::size_t>(workers.size(), 1));
  const muster::Duration patience = std::max<muster::Duration>(kPatience / shares, kLeastPatience);
  AllCode all;
  ExitCode code = ExitCode::fine;
  std::string text;
  Json documents = Json::array();
  for (const WorkerStats& worker : workers) {
    const Answer answer = options.ptrace ? trace(inspector, pool, worker, all)
                                         : ask(inspector, worker, patience, all);
    if (!answer.complaint.empty()) complain(printable(answer.complaint));
    if (answer.stopped_for) {
      complain(fmt::format("worker {} (pid {}) was stopped for {} meanwhile", worker.index,
                           worker.pid, describe(*answer.stopped_for)));
    }
    if (code == ExitCode::fine) code = answer.exit_code;
    if (options.json) {
      documents.push_back(to_json(answer));
    } else if (answer.complaint.empty()) {
      text += (text.empty() ? "" : "\n") + page(answer);
    }
  }
  if (workers.empty() && !options.json) {
    text = fmt::format("no worker has run a task for {} and longer\n", describe(*options.stuck));
  }
  if (options.json) {
    text = document(
        Json{{"pool", {{"name", pool.name}, {"id", pool.id}}}, {"workers", std::move(documents)}});
  }
  const ExitCode printed = print(text);
  return printed == ExitCode::fine ? code : printed;
}

}  // namespace

void add_stack(CLI::App& app, Run& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("stack", "Say where workers are at the moment");
  add_pool(*command, options->pool)->required();
  command->add_option("WORKER", options->worker, "Its index, or its pid");
  add_duration(*command, "--stuck", "All workers that have run one task for so long",
               [options = options.get()](muster::Duration time) { options->stuck = time; });
  command->add_flag("--ptrace", options->ptrace,
                    "Read the stacks of all its threads from outside, and stop it meanwhile");
  add_common(*command, *options);
  command->callback([options, &run] {
    if (options->worker.empty() == !options->stuck.has_value()) {
      throw UsageError("say which worker, by its index or its pid, or --stuck and for how long");
    }
    run = [options] { return run_stack(*options); };
  });
}

}  // namespace muster_tool
