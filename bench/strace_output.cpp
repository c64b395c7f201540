// What strace writes, read again; and the marks in it.
#include <unistd.h>

#include <fstream>
#include <limits>
#include <sstream>
#include <string_view>
#include <vector>

#include "bench/sample.hpp"
#include "bench/strace.hpp"

namespace bench {

namespace {

constexpr std::string_view kBegin = "muster-bench: begin";
constexpr std::string_view kEnd = "muster-bench: end";

void mark(std::string_view text) {
  // To no file: it fails, and does nothing else.
  [[maybe_unused]] const ssize_t failed = ::write(-1, text.data(), text.size());
}

struct Call {
  double time;
  std::string name;
  std::string arguments;
};

// "1700000000.123456 futex(0x7f..., FUTEX_WAKE, 1) = 0". False for signals and exits.
bool parse_call(const std::string& line, Call& call) {
  std::istringstream in(line);
  if (!(in >> call.time)) return false;
  in.get();
  if (!std::getline(in, call.name, '(') || in.eof()) return false;
  if (call.name.find_first_of(" -+") != call.name.npos) return false;
  return static_cast<bool>(std::getline(in, call.arguments));
}

struct Interval {
  double begin = std::numeric_limits<double>::max();
  double end = 0;
};

}  // namespace

std::uint64_t total(const CallCounts& counts) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : counts) sum += count;
  return sum;
}

CallCounts read_counts(const std::filesystem::path& table) {
  // "% time  seconds  usecs/call  calls  errors  syscall" between two lines of dashes; errors
  // may be missing.
  std::ifstream file(table);
  CallCounts counts;
  int dashes = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("------")) {
      ++dashes;
      continue;
    }
    if (dashes != 1) continue;
    std::istringstream in(line);
    std::string share, seconds, each, name;
    std::uint64_t calls = 0;
    if (!(in >> share >> seconds >> each >> calls)) break;
    while (in >> name) {  // the last word
    }
    counts[name] += calls;
  }
  if (dashes != 2) throw MeasurementError("strace -c wrote no table");
  return counts;
}

void mark_begin() { mark(kBegin); }
void mark_end() { mark(kEnd); }

std::map<pid_t, CallCounts> read_logs(const std::filesystem::path& folder) {
  std::map<pid_t, std::vector<Call>> logs;
  Interval between;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto thread = static_cast<pid_t>(std::stol(entry.path().extension().string().substr(1)));
    std::ifstream file(entry.path());
    Call call;
    for (std::string line; std::getline(file, line);) {
      if (!parse_call(line, call)) continue;
      if (call.arguments.find(kBegin) != call.arguments.npos) {
        between.begin = call.time;
      } else if (call.arguments.find(kEnd) != call.arguments.npos) {
        between.end = call.time;
      } else {
        logs[thread].push_back(call);
      }
    }
  }
  if (between.end == 0) throw MeasurementError("strace's logs do not show what was marked");
  std::map<pid_t, CallCounts> counts;
  for (const auto& [thread, calls] : logs) {
    for (const Call& call : calls) {
      if (call.time > between.begin && call.time < between.end) ++counts[thread][call.name];
    }
  }
  return counts;
}

}  // namespace bench
