#include "bench/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void throw_errno(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

pid_t spawn(const std::vector<std::string>& command, int output) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  // A group of its own, so that all that it leaves behind can be ended with it.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw_errno(error, "cannot run " + command.front());
  return pid;
}

// Reads what is there; does not wait.
void read_available(int fd, std::string& text) {
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

// Reads until the process has ended, and not until its output is closed: its own children may
// have inherited that. False if the limit came first.
bool read_until_end(int output, int pidfd, Clock::time_point until, std::string& text) {
  std::array<pollfd, 2> watched = {{{output, POLLIN, 0}, {pidfd, POLLIN, 0}}};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    if (::poll(watched.data(), watched.size(), static_cast<int>(left)) < 0 && errno != EINTR) {
      throw_errno(errno, "cannot wait for a measurement");
    }
    if (watched[0].revents != 0) read_available(output, text);
    if ((watched[0].revents & POLLHUP) != 0) watched[0].fd = -1;
    if (watched[1].revents != 0) break;
  }
  read_available(output, text);
  return true;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw_errno(errno, "cannot wait for a measurement");
  }
  return status;
}

// A cell that fails says why in a line of its own.
constexpr std::string_view kErrorLine = "error ";

std::string failure_of(int status, const std::string& text) {
  if (const auto at = text.find(kErrorLine); at != text.npos) {
    const auto begin = at + kErrorLine.size();
    return text.substr(begin, text.find('\n', begin) - begin);
  }
  if (WIFSIGNALED(status)) {
    return fmt::format("ended by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  }
  if (WEXITSTATUS(status) != 0) return fmt::format("ended with code {}", WEXITSTATUS(status));
  return "";
}

}  // namespace

std::string own_executable() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

ChildResult run_child(const std::vector<std::string>& command, std::chrono::seconds limit) {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno(errno, "cannot make a pipe");
  const Descriptor output(ends[0]);
  Descriptor input(ends[1]);
  const pid_t pid = spawn(command, input.get());
  input.close();
  // Only the end that is read here: the other is the child's standard output.
  ::fcntl(output.get(), F_SETFL, O_NONBLOCK);
  const Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (pidfd.get() < 0) throw_errno(errno, "cannot watch a process");

  ChildResult result;
  std::string text;
  const bool ended = read_until_end(output.get(), pidfd.get(), Clock::now() + limit, text);
  // The group as long as the process has not been waited for: its number is nobody else's yet.
  ::kill(-pid, SIGKILL);
  const int status = wait_for(pid);
  result.failure = ended ? failure_of(status, text)
                         : fmt::format("did not end within {} s and was killed", limit.count());
  if (!result.failure.empty()) return result;
  try {
    result.sample = Sample::from_text(text);
  } catch (const MeasurementError& error) {
    result.failure = error.what();
  }
  return result;
}

}  // namespace bench
