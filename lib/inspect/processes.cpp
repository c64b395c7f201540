#include "lib/inspect/processes.hpp"

#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string_view>

#include "lib/common/deadline.hpp"
#include "lib/common/file_descriptor.hpp"

namespace muster::detail {

namespace {

// The start of a file of /proc, as it was at one moment; "" where it cannot be read.
std::string read_start(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return "";
  std::array<char, 2048> bytes;
  ssize_t count = 0;
  do {
    count = ::read(file.get(), bytes.data(), bytes.size());
  } while (count < 0 && errno == EINTR);
  return count > 0 ? std::string(bytes.data(), static_cast<std::size_t>(count)) : "";
}

// What stands behind "<key>:\t".
std::string_view field(std::string_view text, std::string_view key) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with(key) && line.substr(key.size()).starts_with(":\t")) {
      return line.substr(key.size() + 2);
    }
    at = end + 1;
  }
  return "";
}

template <class Number>
Number number(std::string_view text) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// "   1234 kB", in bytes; 0 where there is none.
std::uint64_t kibibytes(std::string_view text) {
  const std::size_t digit = text.find_first_not_of(' ');
  return digit == std::string_view::npos ? 0 : number<std::uint64_t>(text.substr(digit)) * 1024;
}

// The second of the four user ids: the effective one.
std::string_view second_word(std::string_view text) {
  const std::size_t tab = text.find('\t');
  return tab == std::string_view::npos ? "" : text.substr(tab + 1);
}

}  // namespace

std::optional<ProcessInfo> read_process(pid_t pid) {
  const std::string text = read_start("/proc/" + std::to_string(pid) + "/status");
  if (text.empty()) return std::nullopt;
  ProcessInfo info;
  info.pid = pid;
  info.command = field(text, "Name");
  info.parent = number<pid_t>(field(text, "PPid"));
  info.user = number<uid_t>(second_word(field(text, "Uid")));
  if (const std::string_view state = field(text, "State"); !state.empty()) info.state = state[0];
  info.rss = kibibytes(field(text, "VmRSS"));
  info.max_rss = kibibytes(field(text, "VmHWM"));
  return info;
}

bool process_exists(pid_t pid) {
  // Below that they are groups.
  return pid > 0 && (::kill(pid, 0) == 0 || errno != ESRCH);
}

std::int64_t cpu_time_ns(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
  return std::int64_t{time.tv_sec} * kNanosPerSecond + time.tv_nsec;
}

std::vector<ProcessInfo> living_processes(bool all_users, std::error_code& error) {
  std::vector<ProcessInfo> found;
  // A folder that is called so and is no /proc has no processes in it.
  if (!std::filesystem::exists("/proc/self", error)) {
    if (!error) error = std::make_error_code(std::errc::no_such_file_or_directory);
    return found;
  }
  std::filesystem::directory_iterator entries("/proc", error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const auto pid = number<pid_t>(entries->path().filename().native());
    if (pid <= 0) continue;
    const std::optional<ProcessInfo> info = read_process(pid);
    if (info && (all_users || info->user == ::geteuid()) && info->lives()) found.push_back(*info);
  }
  return found;
}

}  // namespace muster::detail
