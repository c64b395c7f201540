#include "prove/traced_run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "lib/common/ticks.hpp"
#include "lib/inspect/processes.hpp"
#include "support/proc.hpp"

extern char** environ;

namespace prove {

namespace {

constexpr std::size_t kOutputKept = 2000;

// Of this process, in any generation. Orphans are its children: it is their subreaper.
std::vector<pid_t> descendants() {
  std::vector<pid_t> found{::getpid()};
  const std::vector<pid_t> pids = test_support::all_pids();
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const pid_t pid : pids) {
      if (test_support::parent_of(pid) == found[i]) found.push_back(pid);
    }
  }
  found.erase(found.begin());
  return found;
}

void reap_all() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

std::vector<std::string> describe(const std::vector<pid_t>& pids) {
  std::vector<std::string> all;
  for (const pid_t pid : pids) {
    const auto info = muster::detail::read_process(pid);
    if (info) all.push_back(fmt::format("{} {} ({})", pid, info->command, info->state));
  }
  return all;
}

// What can be read of it at once. False: there is no more of it.
bool take_output(int pipe, std::string& output) {
  char text[4096];
  const ssize_t size = ::read(pipe, text, sizeof(text));
  if (size > 0) output.append(text, static_cast<std::size_t>(size));
  if (output.size() > 2 * kOutputKept) output.erase(0, output.size() - kOutputKept);
  return size > 0;
}

void kill_descendants() {
  for (int i = 0; i < 100; ++i) {
    const std::vector<pid_t> left = descendants();
    if (left.empty()) return;
    for (const pid_t pid : left) ::kill(pid, SIGKILL);
    ::usleep(10'000);
    reap_all();
  }
}

}  // namespace

TracedEnd run_traced(const std::vector<std::string>& arguments, int seconds) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  std::vector<std::string> copies = arguments;
  std::vector<char*> argv;
  for (std::string& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error != 0) {
    ::close(ends[0]);
    throw std::system_error(error, std::generic_category(), arguments[0]);
  }

  TracedEnd end;
  const std::int64_t deadline =
      muster::detail::monotonic_ns() + std::int64_t{seconds} * 1'000'000'000;
  int status = 0;
  bool ended = false;
  bool open = true;
  while (!ended && muster::detail::monotonic_ns() < deadline) {
    pollfd readable{open ? ends[0] : -1, POLLIN, 0};
    if (::poll(&readable, 1, 2) > 0) {
      open = take_output(ends[0], end.output);
    }
    ended = ::waitpid(pid, &status, WNOHANG) == pid;
  }
  end.in_time = ended;
  if (ended && WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  if (ended && WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  if (!ended) {
    end.left = describe(descendants());
  } else {
    // The last of them may be on their way out.
    for (int i = 0; i < 100 && !descendants().empty(); ++i) {
      ::usleep(10'000);
      reap_all();
    }
    end.left = describe(descendants());
  }
  kill_descendants();
  // Nobody writes any more.
  while (open) open = take_output(ends[0], end.output);
  ::close(ends[0]);
  return end;
}

Trace read_trace(const std::string& file) {
  std::map<std::string, std::map<std::string, unsigned>> counts;  // by call, by process
  Trace trace;
  std::ifstream in(file);
  if (!in) throw std::runtime_error("strace has written nothing to " + file);
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with("(INJECTED)")) ++trace.injected;
    std::istringstream words(line);
    std::string pid;
    std::string rest;
    words >> pid >> rest;
    const std::size_t end = rest.find('(');
    // "<... poll resumed>" is counted where it began; "???(" is one of a process that was killed
    // before strace saw which.
    if (end == std::string::npos || end == 0 || rest[0] == '<' || rest[0] == '?') continue;
    ++counts[rest.substr(0, end)][pid];
  }
  for (const auto& [call, by_process] : counts) {
    unsigned& most = trace.most[call];
    for (const auto& [pid, count] : by_process) most = std::max(most, count);
  }
  return trace;
}

}  // namespace prove
