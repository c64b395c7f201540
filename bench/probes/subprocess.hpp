#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace bench {

// All of `size` bytes, or false at the end of the file; write_all throws std::system_error.
bool read_all(int fd, void* data, std::size_t size);
void write_all(int fd, const void* data, std::size_t size);

// Two ends of a pipe, closed with the object.
class Pipe {
 public:
  Pipe();
  ~Pipe();
  Pipe(Pipe&& other) noexcept : read_(other.read_), write_(other.write_) {
    other.read_ = other.write_ = -1;
  }
  Pipe& operator=(Pipe&&) = delete;

  int read_end() const { return read_; }
  int write_end() const { return write_; }
  void close_read();
  void close_write();

 private:
  int read_;
  int write_;
};

// A child that runs the function and then ends; it ends with this process at the latest.
pid_t fork_child(const std::function<void()>& body);
void wait_for_children(std::vector<pid_t>& pids);
// Of a status as waitpid() has it: "ended by signal 11 (Segmentation fault)", "ended with code 3";
// "" where all is well.
std::string ending_of(int status);
// Waits until the child has ended, any of them where `pid` is -1. Throws MeasurementError that says
// which ended how where it is not well.
void require_well_ended(pid_t pid);

// Whether there is such a program: in PATH or, where the name has a slash, there.
bool program_exists(const std::string& name);

// A program (found by PATH) with pipes to its standard input and from its standard output.
class Subprocess {
 public:
  explicit Subprocess(const std::vector<std::string>& command);
  // Kills it if it still runs.
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  pid_t pid() const { return pid_; }
  // Throws MeasurementError where nobody reads it any more: the program has ended.
  void write(const std::string& text);
  void end_input();
  // Without its end. Throws MeasurementError where there is none: the program has ended.
  std::string read_line();
  // To the end of its output.
  std::string read_rest();
  // Waits until it has ended. Its exit code, or 128 and its signal.
  int wait();

 private:
  bool read_more();

  std::string name_;
  Pipe input_;
  Pipe output_;
  std::string text_;  // read and not yet asked for
  pid_t pid_ = 0;
};

}  // namespace bench
