#include "bench/probes/subprocess.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "bench/sample.hpp"

namespace bench {

namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw_errno("cannot wait for a process");
  }
  return status;
}

bool is_program(const std::string& file) {
  std::error_code none;  // what there is not is no program
  return std::filesystem::is_regular_file(file, none) && ::access(file.c_str(), X_OK) == 0;
}

void close_end(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

}  // namespace

bool read_all(int fd, void* data, std::size_t size) {
  auto* to = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = ::read(fd, to, size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("cannot read from a pipe");
    if (got == 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

void write_all(int fd, const void* data, std::size_t size) {
  const auto* from = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t put = ::write(fd, from, size);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw_errno("cannot write to a pipe");
    from += put;
    size -= static_cast<std::size_t>(put);
  }
}

Pipe::Pipe() {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("cannot make a pipe");
  read_ = ends[0];
  write_ = ends[1];
}

Pipe::~Pipe() {
  close_read();
  close_write();
}

void Pipe::close_read() { close_end(read_); }
void Pipe::close_write() { close_end(write_); }

pid_t fork_child(const std::function<void()>& body) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw_errno("cannot fork");
  if (pid != 0) return pid;
  int code = 1;
  try {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    body();
    code = 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "muster-bench: a worker: {}\n", error.what());
  }
  ::_exit(code);
}

std::string ending_of(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("ended by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  }
  return WEXITSTATUS(status) == 0 ? "" : fmt::format("ended with code {}", WEXITSTATUS(status));
}

void require_well_ended(pid_t pid) {
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(pid, &status, 0)) < 0) {
    if (errno != EINTR) throw_errno("cannot wait for a process");
  }
  if (const std::string ending = ending_of(status); !ending.empty()) {
    throw MeasurementError(fmt::format("the worker process {} {}", ended, ending));
  }
}

void wait_for_children(std::vector<pid_t>& pids) {
  for (const pid_t pid : pids) wait_for(pid);
  pids.clear();
}

bool program_exists(const std::string& name) {
  if (name.find('/') != name.npos) return is_program(name);
  if (name.empty()) return false;
  const char* const path = std::getenv("PATH");
  std::string_view left = path == nullptr ? "" : path;
  while (!left.empty()) {
    const std::string_view folder = left.substr(0, left.find(':'));
    left.remove_prefix(std::min(left.size(), folder.size() + 1));
    if (is_program(fmt::format("{}/{}", folder, name))) return true;
  }
  return false;
}

Subprocess::Subprocess(const std::vector<std::string>& command) : name_(command.at(0)) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  // A program that has ended is told of by what it did not print.
  ::signal(SIGPIPE, SIG_IGN);
  pid_ = fork_child([&] {
    ::signal(SIGPIPE, SIG_DFL);
    ::dup2(input_.read_end(), STDIN_FILENO);
    ::dup2(output_.write_end(), STDOUT_FILENO);
    ::execvp(argv[0], argv.data());
    throw_errno(("cannot run " + name_).c_str());
  });
  input_.close_read();
  output_.close_write();
}

Subprocess::~Subprocess() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
}

void Subprocess::write(const std::string& text) {
  try {
    write_all(input_.write_end(), text.data(), text.size());
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::broken_pipe) throw;
    throw MeasurementError(name_ + " ended before it gave a result");
  }
}

void Subprocess::end_input() { input_.close_write(); }

bool Subprocess::read_more() {
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(output_.read_end(), buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  text_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::string Subprocess::read_line() {
  std::size_t end = 0;
  for (std::size_t looked = 0; (end = text_.find('\n', looked)) == text_.npos;) {
    looked = text_.size();
    if (!read_more()) throw MeasurementError(name_ + " ended before it gave a result");
  }
  std::string line = text_.substr(0, end);
  text_.erase(0, end + 1);
  return line;
}

std::string Subprocess::read_rest() {
  while (read_more()) {
  }
  return std::exchange(text_, {});
}

int Subprocess::wait() {
  const int status = wait_for(std::exchange(pid_, 0));
  constexpr int kBySignal = 128;
  return WIFSIGNALED(status) ? kBySignal + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace bench
