#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

extern char** environ;

namespace test_support {

// How a helper program ended, and all it printed.
struct ProgramEnd {
  int exit_code = -1;   // -1 where a signal ended it
  int term_signal = 0;  // 0 where it exited
  std::string out;
  std::string err;
};

// One run of a program of tests/programs, for behaviours that need a whole program's life. Its
// standard input, output and error are pipes to the test. Its descendants hold the same pipes, so
// the end of its output says that every one of them is gone. Not thread safe.
class Program {
 public:
  enum class Group { same, own };

  // Starts MUSTER_TEST_PROGRAMS/name. Group::own puts it into a new process group of its own, as
  // a shell does with a foreground job.
  explicit Program(const std::string& name, std::vector<std::string> arguments = {},
                   Group group = Group::same)
      : Program(Path{std::string(MUSTER_TEST_PROGRAMS) + "/" + name}, std::move(arguments), group) {
  }

  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  ~Program() {
    if (!reaped_) {
      ::kill(pid_, SIGKILL);
      reap();
    }
    for (int fd : {in_, out_, err_}) {
      if (fd >= 0) ::close(fd);
    }
  }

  pid_t pid() const { return pid_; }

  // The next line of its standard output without the newline; what is left at its end.
  std::string read_line() {
    for (;;) {
      if (const auto end = out_text_.find('\n', out_read_); end != std::string::npos) {
        std::string line = out_text_.substr(out_read_, end - out_read_);
        out_read_ = end + 1;
        return line;
      }
      if (!read_more()) {
        std::string rest = out_text_.substr(out_read_);
        out_read_ = out_text_.size();
        return rest;
      }
    }
  }

  // Closes its standard input, by which the programs are told to go on.
  void close_input() {
    if (in_ >= 0) ::close(in_);
    in_ = -1;
  }

  // Waits for the end of all it prints, by itself or by a descendant, and of itself.
  ProgramEnd wait() {
    close_input();
    while (read_more()) {
    }
    const int status = reap();
    ProgramEnd end;
    if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end.term_signal = WTERMSIG(status);
    end.out = out_text_;
    end.err = err_text_;
    return end;
  }

 private:
  struct Path {
    std::string value;
  };

  struct Pipe {
    Pipe() {
      std::array<int, 2> ends{};
      if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno(errno, "pipe2");
      read = ends[0];
      write = ends[1];
    }
    int read = -1;
    int write = -1;
  };

  Program(const Path& path, std::vector<std::string> arguments, Group group) {
    const Pipe in, out, err;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.read, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err.write, STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    if (group == Group::own) {
      posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
      posix_spawnattr_setpgroup(&attributes, 0);
    }
    std::vector<char*> argv;
    std::string program = path.value;
    argv.push_back(program.data());
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const int error =
        ::posix_spawn(&pid_, path.value.c_str(), &actions, &attributes, argv.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    for (int fd : {in.read, out.write, err.write}) ::close(fd);
    in_ = in.write;
    out_ = out.read;
    err_ = err.read;
    if (error != 0) {
      for (int fd : {in_, out_, err_}) ::close(fd);
      throw_errno(error, "posix_spawn of " + path.value);
    }
  }

  [[noreturn]] static void throw_errno(int error, const std::string& what) {
    throw std::system_error(error, std::generic_category(), what);
  }

  // Reads what there is of output and errors; false once both have ended.
  bool read_more() {
    std::array<pollfd, 2> ready{{{out_, POLLIN, 0}, {err_, POLLIN, 0}}};
    if (out_ < 0 && err_ < 0) return false;
    if (::poll(ready.data(), ready.size(), -1) < 0) {
      if (errno == EINTR) return true;
      throw_errno(errno, "poll");
    }
    if (ready[0].revents != 0) read_some(out_, out_text_);
    if (ready[1].revents != 0) read_some(err_, err_text_);
    return true;
  }

  static void read_some(int& fd, std::string& text) {
    std::array<char, 4096> buffer;
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(n));
    } else if (n == 0) {
      ::close(fd);
      fd = -1;
    } else if (errno != EINTR) {
      throw_errno(errno, "read");
    }
  }

  int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0) {
      if (errno != EINTR) throw_errno(errno, "waitpid");
    }
    reaped_ = true;
    return status;
  }

  pid_t pid_ = -1;
  bool reaped_ = false;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string out_text_;
  std::size_t out_read_ = 0;
  std::string err_text_;
};

}  // namespace test_support
