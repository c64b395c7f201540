#include "bench/child.hpp"

#include <unistd.h>

#include <string_view>

#include <fmt/format.h>

#include "bench/clean_text.hpp"
#include "bench/probes/program.hpp"

namespace bench {

namespace {

// A cell that fails says why in a line of its own.
constexpr std::string_view kErrorLine = "error ";

std::string failure_of(const ProgramEnd& end, std::chrono::seconds limit) {
  if (const auto at = end.output.find(kErrorLine); end.in_time && at != end.output.npos) {
    const auto begin = at + kErrorLine.size();
    return end.output.substr(begin, end.output.find('\n', begin) - begin);
  }
  return end.failure(limit);
}

}  // namespace

std::string own_executable() { return fmt::format("/proc/{}/exe", ::getpid()); }

ChildResult run_child(const std::vector<std::string>& command, std::chrono::seconds limit) {
  const ProgramEnd end = run_program(command, limit);
  ChildResult result;
  result.failure = clean_text(failure_of(end, limit));
  result.in_time = end.in_time;
  if (!result.failure.empty()) return result;
  try {
    result.sample = Sample::from_text(end.output);
  } catch (const MeasurementError& error) {
    result.failure = clean_text(error.what());
  }
  return result;
}

}  // namespace bench
