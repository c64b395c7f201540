#include "prove/ends_client.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "lib/inspect/processes.hpp"
#include "prove/ends_words.hpp"
#include "support/proc.hpp"

namespace prove {

using muster::detail::FileDescriptor;

namespace {

constexpr std::size_t kOutputKept = 4000;

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// In the child. Descriptors above those of the client are closed by exec.
[[noreturn]] void become_client(const OwnFolders& folders, int talk, int life, int output,
                                char** arguments) {
  ::setsid();
  // Out of the way of the numbers that they are to have.
  talk = ::fcntl(talk, F_DUPFD, 10);
  life = ::fcntl(life, F_DUPFD, 10);
  const bool placed = ::dup2(output, STDOUT_FILENO) >= 0 && ::dup2(output, STDERR_FILENO) >= 0 &&
                      ::dup2(talk, kTalkFd) >= 0 && ::dup2(life, kLifeFd) >= 0;
  ::close(talk);
  ::close(life);
  if (placed && folders.enter()) ::execv(arguments[0], arguments);
  std::perror("the client cannot be started");
  ::_exit(127);
}

}  // namespace

EndsClient::EndsClient(const OwnFolders& folders, std::uint64_t seed, std::uint64_t round,
                       const std::string& pool)
    : output_(::memfd_create("muster-ends-output", MFD_CLOEXEC)) {
  int talk[2];
  int life[2];
  if (!output_) throw_errno("memfd_create");
  ::fcntl(output_.get(), F_SETFL, O_APPEND);
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, talk) != 0) throw_errno("socketpair");
  talk_ = FileDescriptor(talk[0]);
  const FileDescriptor clients_talk(talk[1]);
  if (::pipe2(life, O_CLOEXEC) != 0) throw_errno("pipe2");
  life_ = FileDescriptor(life[0]);
  const FileDescriptor clients_life(life[1]);
  std::array<std::string, 4> words{MUSTER_PROVE_SUBJECT, std::to_string(seed),
                                   std::to_string(round), pool};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) throw_errno("fork");
  if (pid == 0) {
    become_client(folders, clients_talk.get(), clients_life.get(), output_.get(), arguments);
  }
  process_ = Pidfd(pid);
}

EndsClient::~EndsClient() {
  while (!reap()) {
    std::vector<Member> left = members();
    // Before it has a session of its own it is alone.
    if (left.empty()) left.push_back({process_.pid(), 0, '?', ""});
    for (const Member& member : left) ::kill(member.pid, SIGKILL);
    for (const Member& member : left) {
      if (member.state != 'Z') Pidfd(member.pid).ends_by(INT64_MAX);
    }
  }
}

std::optional<char> EndsClient::hear(std::int64_t deadline_ns) const {
  pollfd fds[] = {{talk_.get(), POLLIN, 0}, {process_.fd(), POLLIN, 0}};
  if (!poll_until(fds, 2, deadline_ns)) return std::nullopt;
  char word = 0;
  // The last one is there to be read where it has ended since.
  if (::recv(talk_.get(), &word, 1, MSG_DONTWAIT) != 1) return std::nullopt;
  return word;
}

void EndsClient::tell(char word) const { ::send(talk_.get(), &word, 1, MSG_NOSIGNAL); }

bool EndsClient::all_leave(std::int64_t deadline_ns) const {
  pollfd closed{life_.get(), 0, 0};  // POLLHUP
  return poll_until(&closed, 1, deadline_ns);
}

// True: there are no more children, and so nobody that descends from the client.
bool EndsClient::reap() {
  while (true) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG | __WALL);
    if (pid == 0) return false;
    if (pid == process_.pid()) status_ = status;
    if (pid < 0 && errno != EINTR) return true;
  }
}

bool EndsClient::all_end(std::int64_t deadline_ns) {
  while (!reap()) {
    // Zombies are their parent's to reap, or were reaped above once they are this process's.
    const std::vector<Member> all = members();
    const auto lives = std::find_if(all.begin(), all.end(),
                                    [](const Member& member) { return member.state != 'Z'; });
    if (lives != all.end() && !Pidfd(lives->pid).ends_by(deadline_ns)) return false;
    if (muster::detail::monotonic_ns() >= deadline_ns) return reap();
  }
  return true;
}

std::vector<EndsClient::Member> EndsClient::members() const {
  constexpr std::size_t kState = 0, kGroup = 2, kSession = 3;
  std::vector<Member> found;
  for (const pid_t pid : test_support::all_pids()) {
    const auto fields = test_support::stat_fields(pid);
    if (fields.size() <= kSession || std::atoi(fields[kSession].c_str()) != process_.pid()) {
      continue;
    }
    const auto info = muster::detail::read_process(pid);
    found.push_back({.pid = pid,
                     .group = std::atoi(fields[kGroup].c_str()),
                     .state = fields[kState][0],
                     .command = info ? info->command : ""});
  }
  return found;
}

std::string EndsClient::output() const {
  const off_t size = ::lseek(output_.get(), 0, SEEK_END);
  const off_t from = std::max<off_t>(0, size - static_cast<off_t>(kOutputKept));
  std::string text(static_cast<std::size_t>(size - from), '\0');
  const ssize_t got = ::pread(output_.get(), text.data(), text.size(), from);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

}  // namespace prove
