// Python's pools: python/peers.py in an interpreter of its own, which is told what to do in lines
// through a pipe. That costs some 20 us a measurement, not a task.
#include "bench/peers/python_peer.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <optional>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/clean_text.hpp"
#include "bench/peers/makers.hpp"
#include "bench/probes/process_info.hpp"
#include "bench/probes/program.hpp"
#include "bench/probes/subprocess.hpp"
#include "bench/sample.hpp"

namespace bench {

namespace {

constexpr auto kVariable = "MUSTER_BENCH_PYTHON";

// Debian's packages are for Debian's interpreter, whatever PATH says.
std::string interpreter() {
  if (const char* given = std::getenv(kVariable)) return given;
  constexpr auto kSystems = "/usr/bin/python3";
  return ::access(kSystems, X_OK) == 0 ? kSystems : "python3";
}

constexpr auto kScript = MUSTER_BENCH_SCRIPTS "/peers.py";

std::vector<std::string> command(std::string_view argument) {
  return {interpreter(), "-B", kScript, std::string(argument)};
}

// The field of a line of "key=value"s.
std::string_view field_of(std::string_view line, std::string_view key) {
  while (!line.empty()) {
    const std::string_view field = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), field.size() + 1));
    const auto equals = field.find('=');
    if (equals != field.npos && field.substr(0, equals) == key) return field.substr(equals + 1);
  }
  throw MeasurementError(fmt::format("python3 answered nothing of {}", key));
}

template <class Number>
std::vector<Number> numbers_of(std::string_view text) {
  std::vector<Number> numbers;
  while (!text.empty()) {
    Number number{};
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc()) throw MeasurementError("python3 answered with no number");
    numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    if (!text.empty()) text.remove_prefix(1);
  }
  return numbers;
}

template <class Number>
Number number_of(std::string_view text) {
  const std::vector<Number> numbers = numbers_of<Number>(text);
  if (numbers.size() != 1) {
    throw MeasurementError(
        fmt::format("python3 answered with {} numbers where one belongs", numbers.size()));
  }
  return numbers.front();
}

class PythonPeer : public Peer {
 public:
  explicit PythonPeer(std::string_view pool) : python_(command(pool)) {
    // Its answer says that all is imported.
    ask("hello");
  }
  ~PythonPeer() override {
    try {
      if (open_) close();
      python_.end_input();
      python_.wait();
    } catch (const std::exception&) {
      // What it was in the middle of has failed and been told of.
    }
  }

  void open(std::size_t workers) override {
    ask(fmt::format("open {}", workers));
    open_ = true;
  }
  void close() override {
    open_ = false;
    ask("close");
  }

  std::uint64_t kept(std::uint32_t tasks) override { return sum(fmt::format("kept {}", tasks)); }
  std::uint64_t windowed(std::uint32_t tasks, std::uint32_t window) override {
    return sum(fmt::format("windowed {} {}", tasks, window));
  }
  std::uint64_t one_at_a_time(std::uint32_t tasks, std::chrono::nanoseconds pause,
                              std::vector<double>& seconds) override {
    const std::string line = ask(fmt::format("one_at_a_time {} {}", tasks, pause.count()));
    const std::vector<double> each = numbers_of<double>(field_of(line, "seconds"));
    if (each.size() != tasks) {
      throw MeasurementError(
          fmt::format("python3 answered with {} times of {} tasks", each.size(), tasks));
    }
    seconds.insert(seconds.end(), each.begin(), each.end());
    return number_of<std::uint64_t>(field_of(line, "sum"));
  }

  // The inputs are 0, 1, ... as in all of the scenarios.
  std::uint64_t map(std::span<const int> inputs) override {
    return sum(fmt::format("map {}", inputs.size()));
  }
  std::uint64_t mapped(int input) const override {
    const auto n = static_cast<std::uint64_t>(input);
    return n * n + 1;
  }

  std::vector<std::int64_t> burn_all(std::span<const int> microseconds) override {
    const std::string line = ask(fmt::format("burn {}", fmt::join(microseconds, ",")));
    return numbers_of<std::int64_t>(field_of(line, "ended"));
  }

  void prepare_doubles(std::span<const double> values) override {
    ask(fmt::format("prepare_doubles {}", values.size()));
  }
  double to_worker(std::span<const double>, std::uint32_t times) override {
    return number_of<double>(field_of(ask(fmt::format("to_worker {}", times)), "sum"));
  }
  void from_worker(std::uint64_t count) override { fetch("from_worker", count); }
  double received() override { return number_of<double>(field_of(ask("received"), "sum")); }
  Instant made_at() const override { return made_at_; }

  void share_doubles(std::span<const double> values) override {
    ask(fmt::format("share_doubles {}", values.size()));
  }
  double to_worker_shared() override {
    return number_of<double>(field_of(ask("to_worker_shared"), "sum"));
  }
  void from_worker_shared(std::uint64_t count) override { fetch("from_worker_shared", count); }

  std::vector<pid_t> workers() const override {
    std::vector<pid_t> pids = numbers_of<pid_t>(field_of(ask("worker_pids"), "pids"));
    if (pids.empty()) throw MeasurementError("python3 answered with no process of a worker");
    std::erase(pids, python_.pid());  // workers are threads of it
    return pids;
  }
  bool has_futures_here() const override { return false; }
  std::vector<pid_t> processes() const override {
    std::vector<pid_t> pids = descendants_of(python_.pid());
    pids.push_back(python_.pid());
    return pids;
  }

 private:
  std::string ask(const std::string& line) const {
    python_.write(line + '\n');
    return python_.read_line();
  }
  std::uint64_t sum(const std::string& line) const {
    return number_of<std::uint64_t>(field_of(ask(line), "sum"));
  }

  // Python's monotonic clock is the steady one here.
  void fetch(std::string_view command, std::uint64_t count) {
    const std::string line = ask(fmt::format("{} {}", command, count));
    made_at_ = Instant(std::chrono::nanoseconds(number_of<std::int64_t>(field_of(line, "made"))));
  }

  mutable Subprocess python_;
  Instant made_at_;
  bool open_ = false;
};

// What the interpreter says of itself and of the pools: one of the latter three.
struct Answer {
  std::string version = "";
  std::vector<std::string> lines = {};  // "NAME PACKAGE" each
  std::string missing = "";             // why there is none to ask
  std::string trouble = "";             // why it said nothing
};

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    lines.emplace_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), lines.back().size() + 1));
  }
  return lines;
}

std::string trouble_of(std::string_view what) {
  return fmt::format(
      "{}, asked which modules it has, {}; MUSTER_BENCH_PYTHON can name another interpreter",
      interpreter(), what);
}

// "version X", then "NAME PACKAGE" a line. Whatever else some program prints is no answer.
Answer read_answer(const std::string& output) {
  constexpr std::string_view kVersion = "version ";
  Answer answer{.lines = lines_of(output)};
  const auto is_wrong = [](const std::string& line) {
    return std::count(line.begin(), line.end(), ' ') != 1;
  };
  if (answer.lines.empty()) return {.trouble = trouble_of("answered nothing")};
  const auto wrong = answer.lines.front().starts_with(kVersion)
                         ? std::find_if(answer.lines.begin(), answer.lines.end(), is_wrong)
                         : answer.lines.begin();
  if (wrong != answer.lines.end()) {
    constexpr std::size_t kEnough = 60;
    return {.trouble = trouble_of(
                fmt::format("answered with what is no answer: {}", wrong->substr(0, kEnough)))};
  }
  answer.version = answer.lines.front().substr(kVersion.size());
  answer.lines.erase(answer.lines.begin());
  return answer;
}

Answer ask_what_is_missing() {
  if (::access(kScript, R_OK) != 0) {
    return {.missing = fmt::format("{} is not there any more", kScript)};
  }
  const std::string python = interpreter();
  if (!program_exists(python)) {
    if (std::getenv(kVariable) == nullptr) return {.missing = "install python3"};
    return {.missing = fmt::format("install python3 ({} is \"{}\", which is no program)", kVariable,
                                   python)};
  }
  constexpr auto kLimit = std::chrono::seconds(10);
  try {
    const ProgramEnd end = run_program(command("--missing"), kLimit, Errors::kept);
    const std::string failure = end.failure(kLimit);
    if (failure.empty()) return read_answer(clean_text(end.output));
    const std::string line = clean_text(last_line(end.errors));
    return {.trouble = trouble_of(failure + (line.empty() ? "" : ": " + line))};
  } catch (const std::system_error& error) {
    return {.trouble = error.what()};
  }
}

// Asked once.
std::optional<Answer> answer;

// OpenMPI wants to be told that root is meant, and that there may be more workers than cores.
void allow_mpi() {
  ::setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
  ::setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
  ::setenv("OMPI_MCA_rmaps_base_oversubscribe", "1", 1);
}

}  // namespace

std::string why_no_python_pool(std::string_view pool) {
  if (!answer) answer = ask_what_is_missing();
  if (!answer->trouble.empty()) throw MeasurementError(answer->trouble);
  if (!answer->missing.empty()) return answer->missing;
  const std::string begin = fmt::format("{} ", pool);
  for (const std::string& line : answer->lines) {
    if (line.starts_with(begin)) return fmt::format("install {}", line.substr(begin.size()));
  }
  return "";
}

std::string python_version() { return answer ? answer->version : ""; }

std::unique_ptr<Peer> make_python_threads() { return std::make_unique<PythonPeer>("threads"); }
std::unique_ptr<Peer> make_python_processes() { return std::make_unique<PythonPeer>("processes"); }
std::unique_ptr<Peer> make_python_forkserver() {
  return std::make_unique<PythonPeer>("forkserver");
}
std::unique_ptr<Peer> make_python_spawn() { return std::make_unique<PythonPeer>("spawn"); }
std::unique_ptr<Peer> make_python_pool() { return std::make_unique<PythonPeer>("pool"); }
std::unique_ptr<Peer> make_loky() { return std::make_unique<PythonPeer>("loky"); }
std::unique_ptr<Peer> make_pebble() { return std::make_unique<PythonPeer>("pebble"); }
std::unique_ptr<Peer> make_mpi4py() {
  allow_mpi();
  return std::make_unique<PythonPeer>("mpi");
}

}  // namespace bench
