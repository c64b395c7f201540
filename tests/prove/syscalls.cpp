// muster-syscalls: each system call that Muster makes fails in turn, by strace. A program that uses
// a pool must end all the same, well or with an error that says what happened, and leave nobody.

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "bench/progress.hpp"
#include "lib/common/ticks.hpp"
#include "prove/failing_calls.hpp"
#include "prove/options.hpp"
#include "prove/random.hpp"
#include "prove/traced_run.hpp"
#include "support/json_file.hpp"

namespace {

using namespace prove;

const Counted kCounted{
    .name = "runs", .what = "programs run", .quick = 600, .full = 1'000'000'000, .has_calls = true};
// Of syscalls_subject.cpp.
struct Script {
  const char* name;
  const char* does;
};
constexpr Script kScripts[] = {
    {"plain", "tasks, a map, a callback, the pool's end"},
    {"death",
     "the same, and workers that die in a task, with and without a retry, at its time limit and by "
     "CancelMode::kill"},
    {"break", "the same as death, in a pool that breaks of the first one"}};
// In seconds. A kernel that has no memory for messages any more is waited for, two seconds for each
// that must not be lost: some twelve on a machine of its own.
constexpr int kTimeLimit = 60;
// Of one call in one process: a loop's hundredth is as its tenth.
constexpr unsigned kMostOfACall = 60;

// The program's first call in main, which is never failed.
constexpr const char* kMarker = "getppid";

volatile std::sig_atomic_t interrupted = 0;

struct Failure {
  std::string script;
  std::string call;
  std::string error;
  unsigned when = 0;
  bool lasts = false;  // all from then on

  std::vector<std::string> command(const std::string& log) const {
    return {"strace",
            "-f",
            "-qq",
            "--seccomp-bpf",
            "-o",
            log,
            "-e",
            fmt::format("trace={},{}", call, kMarker),
            "-e",
            injection(),
            MUSTER_PROVE_SUBJECT,
            script};
  }
  std::string text() const { return fmt::format("{} in the program \"{}\"", injection(), script); }

 private:
  std::string injection() const {
    return fmt::format("inject={}:error={}:when={}{}", call, error, when, lasts ? "+" : "");
  }
};

// What there is to try, and calls that are left alone, with the reason.
struct Failures {
  std::vector<Failure> all;
  std::map<std::string, std::string> left_alone;
};

// strace's output of one run.
class TraceFile {
 public:
  TraceFile()
      : name_(std::filesystem::temp_directory_path() /
              fmt::format("muster-syscalls-{}.trace", ::getpid())) {}
  ~TraceFile() {
    std::error_code not_there;
    std::filesystem::remove(name_, not_there);
  }
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

// What each script calls when all is well.
Failures all_failures(const std::string& file) {
  Failures failures;
  for (const auto& [script, does] : kScripts) {
    const TracedEnd end =
        run_traced({"strace", "-f", "-qq", "-o", file, MUSTER_PROVE_SUBJECT, script}, kTimeLimit);
    if (!end.in_time || end.exit_code != 0) {
      throw std::runtime_error(
          fmt::format("the program \"{}\" does not end well by itself:\n{}", script, end.output));
    }
    for (const auto& [call, most] : read_trace(file).most) {
      const auto errors = plausible_errors(call);
      if (const auto why = why_not_failed(call)) {
        failures.left_alone[call] = *why;
      } else if (errors.empty()) {
        throw std::runtime_error(fmt::format(
            "how {} fails, which the program \"{}\" calls, stands nowhere in failing_calls.cpp",
            call, script));
      }
      for (const std::string_view error : errors) {
        for (unsigned when = 1; when <= std::min(most, kMostOfACall); ++when) {
          failures.all.push_back({script, call, std::string(error), when});
          if (may_last(call, error)) {
            failures.all.push_back({script, call, std::string(error), when, true});
          }
        }
      }
    }
  }
  return failures;
}

// Whether the call was there to fail: not every run makes as many.
enum class Reached { no, by_the_loader, by_the_program };

Reached reached_in(const Trace& trace) {
  if (trace.injected == 0) return Reached::no;
  return trace.most.contains(kMarker) ? Reached::by_the_program : Reached::by_the_loader;
}

// "": as it should be.
std::string what_is_wrong(const TracedEnd& end, Reached reached) {
  std::string left;
  for (const std::string& process : end.left) left += (left.empty() ? "" : ", ") + process;
  if (!end.in_time) return fmt::format("has not ended in {} s; there were {}", kTimeLimit, left);
  if (!left.empty()) return "left behind " + left;
  // Before main it is the loader that fails, each in its way.
  if (reached == Reached::by_the_loader) return "";
  // strace ends as its program does.
  if (end.signal != 0) return fmt::format("was ended by signal {}", end.signal);
  if (end.exit_code != 0) return fmt::format("exited with {}", end.exit_code);
  return "";
}

// Programs run, by what became of the call that was to fail; and those that ended badly.
struct Tally {
  std::uint64_t failed = 0;
  std::uint64_t in_loader = 0;
  std::uint64_t not_reached = 0;
  std::uint64_t bad = 0;

  void add(Reached reached) {
    switch (reached) {
      case Reached::no: ++not_reached; break;
      case Reached::by_the_loader: ++in_loader; break;
      case Reached::by_the_program: ++failed; break;
    }
  }
};

int run(const Options& options) {
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  fmt::print("seed {}\n", options.seed);
  std::fflush(stdout);
  bench::ProgressLine line;
  const std::int64_t start = muster::detail::monotonic_ns();
  const auto seconds = [&] {
    return static_cast<double>(muster::detail::monotonic_ns() - start) * 1e-9;
  };
  const TraceFile file;
  const auto [all, left_alone] = all_failures(file.name());
  std::vector<Failure> failures = all;
  if (!options.call.empty()) {
    std::erase_if(failures, [&](const Failure& failure) { return failure.call != options.call; });
    if (failures.empty()) {
      throw std::runtime_error(
          fmt::format("{} is no call that the programs make and that can fail", options.call));
    }
  }
  Random random(options.seed);
  for (std::size_t i = failures.size(); i > 1; --i) {
    std::swap(failures[i - 1], failures[random.below(i)]);
  }
  // In the given order of a shuffle those of rare calls come as early as others.
  const std::size_t possible = failures.size();
  std::map<std::string, Tally> by_call;
  std::vector<std::string> sentences;
  std::uint64_t runs = 0;
  Tally sum;
  for (const Failure& failure : failures) {
    if (runs >= options.count || interrupted != 0) break;
    if (options.seconds != 0 && seconds() >= options.seconds) break;
    const TracedEnd end = run_traced(failure.command(file.name()), kTimeLimit);
    if (interrupted != 0) break;  // so was the program
    ++runs;
    const Reached reached = reached_in(read_trace(file.name()));
    by_call[failure.call].add(reached);
    sum.add(reached);
    if (const std::string wrong = what_is_wrong(end, reached); !wrong.empty()) {
      ++by_call[failure.call].bad;
      std::string command;
      for (const std::string& word : failure.command("/dev/stderr")) command += word + " ";
      sentences.push_back(
          fmt::format("with {} it {}. Repeat with: {}", failure.text(), wrong, command));
      line.clear();
      fmt::print(stderr, "muster-syscalls: {}\n{}\n", sentences.back(), end.output);
    }
    line.show(fmt::format("{} of {} failures tried, {} bad", runs,
                          std::min<std::uint64_t>(options.count, possible), sentences.size()));
  }
  line.clear();
  fmt::print(
      "{} programs run in {:.1f} s, of {} failures that there are; {} ended badly\nthe call failed "
      "in {} of them, for the loader, which ended it, in {}, and was not made so often in {}\n",
      runs, seconds(), possible, sentences.size(), sum.failed, sum.in_loader, sum.not_reached);
  nlohmann::ordered_json json{{"schema", 1},
                              {"program", "muster-syscalls"},
                              {"seed", options.seed},
                              {"seconds", seconds()},
                              {"runs", runs},
                              {"failed", sum.failed},
                              {"in_loader", sum.in_loader},
                              {"not_reached", sum.not_reached},
                              {"possible", possible},
                              {"most_of_a_call", kMostOfACall},
                              {"bad", sentences.size()},
                              {"sentences", sentences}};
  for (const auto& [script, does] : kScripts) json["does"][script] = does;
  for (const auto& [call, why] : left_alone) {
    fmt::print("  {:<20} left alone: {}\n", call, why);
    json["left_alone"][call] = why;
  }
  for (const auto& [call, tally] : by_call) {
    fmt::print("  {:<20} {:>6} failed {:>4} for the loader {:>4} not made {:>4} bad\n", call,
               tally.failed, tally.in_loader, tally.not_reached, tally.bad);
    json["calls"][call] = {{"failed", tally.failed},
                           {"in_loader", tally.in_loader},
                           {"not_reached", tally.not_reached},
                           {"bad", tally.bad}};
  }
  if (!options.json.empty() && !test_support::write_json(options.json, json)) return 1;
  if (interrupted != 0) {
    fmt::print(stderr, "muster-syscalls: it was interrupted after {} of {} programs\n", runs,
               std::min<std::uint64_t>(options.count, possible));
    return 1;
  }
  return sentences.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return run_program(
      argc, argv,
      "Lets each system call that Muster makes fail in turn (with strace), and looks whether the "
      "program that uses it still ends in order.",
      kCounted, &run);
}
