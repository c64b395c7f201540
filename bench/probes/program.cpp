#include "bench/probes/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "bench/interrupt.hpp"
#include "bench/probes/process_info.hpp"
#include "bench/probes/subprocess.hpp"

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void throw_errno(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

class Descriptor {
 public:
  Descriptor(int fd, const char* what) : fd_(fd) {
    if (fd_ < 0) throw_errno(errno, what);
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
};

// In a group of its own, so that what a terminal sends to this program's does not reach it.
// `errors` may be -1.
pid_t start(const std::vector<std::string>& command, int output, int errors) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  Pipe trouble;
  const pid_t pid = fork_child([&] {
    ::setpgid(0, 0);
    ::dup2(output, STDOUT_FILENO);
    if (errors >= 0) ::dup2(errors, STDERR_FILENO);
    ::execvp(argv[0], argv.data());
    const int error = errno;
    write_all(trouble.write_end(), &error, sizeof(error));
  });
  trouble.close_write();
  int error = 0;
  if (!read_all(trouble.read_end(), &error, sizeof(error))) return pid;
  ::waitpid(pid, nullptr, 0);
  throw_errno(error, "cannot run " + command.front());
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

enum class Waited { ended, too_long, interrupted };

// Reads until the process has ended, and not until its output is closed: its own children may
// have inherited that.
Waited read_until_end(int output, int pidfd, Clock::time_point until, std::string& text) {
  std::array<pollfd, 3> watched = {
      {{output, POLLIN, 0}, {pidfd, POLLIN, 0}, {interruption_fd(), POLLIN, 0}}};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return Waited::too_long;
    if (::poll(watched.data(), watched.size(), static_cast<int>(left)) < 0) {
      if (errno != EINTR) throw_errno(errno, "cannot wait for a program");
      continue;
    }
    if (watched[2].revents != 0) return Waited::interrupted;
    if (watched[0].revents != 0) read_available(output, text);
    if ((watched[0].revents & POLLHUP) != 0) watched[0].fd = -1;
    if (watched[1].revents != 0) break;
  }
  read_available(output, text);
  return Waited::ended;
}

// The children of this process but for those in `strangers`.
std::vector<pid_t> own_children(const std::vector<pid_t>& strangers) {
  std::vector<pid_t> own = children_of(::getpid());
  std::erase_if(own, [&](pid_t child) {
    return std::find(strangers.begin(), strangers.end(), child) != strangers.end();
  });
  return own;
}

// Takes those of the children that have ended, and the status of `pid` if it is one of them.
void reap(const std::vector<pid_t>& children, pid_t pid, int& status) {
  for (const pid_t child : children) {
    int one = 0;
    if (::waitpid(child, &one, WNOHANG) == child && child == pid) status = one;
  }
}

// Ends all that is left of what was started: all children but `strangers`, and theirs. Asks first
// where it is in the midst of something: Python's helpers and, within some 3 s, OpenMPI's daemon
// then remove what they have in shared memory under a name. A second signal to this program
// (interrupt.hpp) ends the patience.
int end_all(pid_t pid, bool ask, const std::vector<pid_t>& strangers) {
  constexpr auto kPatience = std::chrono::seconds(4);
  constexpr auto kLimit = std::chrono::seconds(8);  // one may hang in the kernel
  const auto begun = Clock::now();
  int status = 0;
  ::kill(-pid, ask ? SIGTERM : SIGKILL);
  while (true) {
    const std::vector<pid_t> children = own_children(strangers);
    if (children.empty()) break;
    reap(children, pid, status);
    const auto now = Clock::now();
    if (now > begun + kLimit) break;
    if (!ask || now > begun + kPatience || is_impatient()) {
      for (const pid_t child : own_children(strangers)) {
        for (const pid_t each : descendants_of(child)) ::kill(each, SIGKILL);
        ::kill(child, SIGKILL);
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return status;
}

}  // namespace

std::string ProgramEnd::failure(std::chrono::seconds limit) const {
  if (!in_time) return fmt::format("did not end within {} s and was killed", limit.count());
  return ending_of(status);
}

void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

ProgramEnd run_program(const std::vector<std::string>& command, std::chrono::seconds limit,
                       Errors errors) {
  if (interruption() != 0) throw Interrupted();
  // Those of a shell that has become this program, and what they have left behind meanwhile.
  const std::vector<pid_t> strangers = children_of(::getpid());
  Pipe output;
  const Descriptor error_file(::memfd_create("errors", MFD_CLOEXEC), "cannot make a memory file");
  const pid_t pid =
      start(command, output.write_end(), errors == Errors::kept ? error_file.get() : -1);
  end_with_program(pid);
  output.close_write();
  // Only the end that is read here: the other is the child's standard output.
  ::fcntl(output.read_end(), F_SETFL, O_NONBLOCK);
  const Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)),
                         "cannot watch a process");

  ProgramEnd end;
  const Waited waited =
      read_until_end(output.read_end(), pidfd.get(), Clock::now() + limit, end.output);
  end.in_time = waited == Waited::ended;
  end.status = end_all(pid, waited != Waited::ended, strangers);
  end_with_program(0);
  if (waited == Waited::interrupted) throw Interrupted();
  ::lseek(error_file.get(), 0, SEEK_SET);
  read_available(error_file.get(), end.errors);
  return end;
}

std::string last_line(std::string_view text) {
  const auto end = text.find_last_not_of("\n \r");
  if (end == text.npos) return "";
  text = text.substr(0, end + 1);
  const auto before = text.rfind('\n');
  return std::string(before == text.npos ? text : text.substr(before + 1));
}

}  // namespace bench
