#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <muster/backtrace.hpp>

namespace muster {

// The root of everything Muster throws, but for std::bad_alloc where the program's own memory is
// used up. what() is a sentence: what happened, to which task and worker, and where it helps, what
// to do.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The future was cancelled.
class CancelledError : public Error {
 public:
  CancelledError() : Error("the future was cancelled") {}
  using Error::Error;
};

// A wait ran out of time. The task goes on; asking again later is fine.
class TimeoutError : public Error {
 public:
  using Error::Error;
};

// The task ran past TaskOptions::task_timeout and was killed.
class TaskTimeoutError : public Error {
 public:
  using Error::Error;
};

// A promise was set twice, or a pool was used where it cannot be: in its own worker, or after the
// user's own fork.
class InvalidStateError : public Error {
 public:
  using Error::Error;
};

// An option or argument that makes no sense.
class InvalidArgumentError : public Error {
 public:
  using Error::Error;
};

// submit after shutdown.
class ShutdownError : public Error {
 public:
  using Error::Error;
};

// An argument, a callable or a result could not travel. Only that future fails.
class EncodingError : public Error {
 public:
  using Error::Error;
};

// The file of a journal cannot be opened, read, written or synced, or another map writes it.
class JournalError : public Error {
 public:
  using Error::Error;
};

// What is known of a worker's end. Empty where it is not known.
struct WorkerDeath {
  pid_t worker_pid = 0;
  int worker_index = -1;
  std::optional<int> term_signal;  // the signal that killed it
  std::optional<int> exit_code;    // what it exited with
  std::string task_name;           // the task it ran, "" if it ran none
  Backtrace backtrace;             // of a crash
  bool core_dumped = false;        // the kernel has written a core dump of it
  // The most memory it ever held at a time (its resident set), in bytes. Pages that it shares with
  // others count, and a child it has waited for if that held more.
  std::optional<std::uint64_t> max_rss_bytes;
};

// Members shared by the errors that tell of a worker's death.
class WorkerDeathError : public Error {
 public:
  explicit WorkerDeathError(const std::string& what, WorkerDeath death = {})
      : Error(what), death_(std::move(death)) {}

  // 0 where no single worker is to blame.
  pid_t worker_pid() const { return death_.worker_pid; }
  std::optional<int> term_signal() const { return death_.term_signal; }
  std::optional<int> exit_code() const { return death_.exit_code; }
  const std::string& task_name() const { return death_.task_name; }
  bool core_dumped() const { return death_.core_dumped; }
  std::optional<std::uint64_t> max_rss_bytes() const { return death_.max_rss_bytes; }
  // One frame a string, innermost first; empty where none was caught. The first call finds the
  // functions' names, which takes milliseconds.
  const std::vector<std::string>& backtrace() const { return death_.backtrace.lines(); }
  const WorkerDeath& death() const { return death_; }

 private:
  WorkerDeath death_;
};

// The pool broke: nothing more will run in it.
class BrokenExecutor : public WorkerDeathError {
 public:
  using WorkerDeathError::WorkerDeathError;
};

class BrokenProcessPool : public BrokenExecutor {
 public:
  using BrokenExecutor::BrokenExecutor;
};

class BrokenThreadPool : public BrokenExecutor {
 public:
  using BrokenExecutor::BrokenExecutor;
};

// This task's worker died (OnWorkerDeath::replace); the pool goes on.
class WorkerDiedError : public WorkerDeathError {
 public:
  using WorkerDeathError::WorkerDeathError;
};

// The task threw a type that is not registered with MUSTER_REGISTER_EXCEPTION. what() holds the
// original what() where there was one.
class RemoteError : public Error {
 public:
  RemoteError(std::string type_name, const std::string& what)
      : Error(what), type_name_(std::move(type_name)) {}

  // Demangled: "int", "my::ParseError".
  const std::string& type_name() const { return type_name_; }

 private:
  std::string type_name_;
};

}  // namespace muster
