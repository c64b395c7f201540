#include "bench/strace.hpp"

#include <chrono>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "bench/child.hpp"

namespace bench {

namespace {

constexpr std::string_view kLogName = "log";

}  // namespace

std::string why_no_strace() {
  try {
    const auto limit = std::chrono::seconds(10);
    const std::string null = "/dev/null";
    const ChildResult tried = run_child({"strace", "-c", "-f", "-o", null, "true"}, limit);
    if (tried.failure.empty()) return "";
    return fmt::format("strace does not run here ({})", tried.failure);
  } catch (const std::system_error& error) {
    return fmt::format("{}; the package strace has it", error.what());
  }
}

std::vector<std::string> strace_counting(const std::filesystem::path& table) {
  return {"strace", "-c", "-f", "-o", table.string()};
}

std::vector<std::string> strace_logging(const std::filesystem::path& folder) {
  return {"strace", "-ff", "-ttt", "-o", (folder / kLogName).string()};
}

}  // namespace bench
