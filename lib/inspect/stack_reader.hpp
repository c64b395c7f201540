#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <muster/duration.hpp>
#include <muster/error.hpp>

#include "lib/inspect/pool_loader.hpp"
#include "lib/telemetry/stack_record.hpp"

namespace muster::detail {

// A worker that does not say where it is.
class NoAnswer : public Error {
 public:
  enum class Reason {
    no_worker,  // the pool has none of this index
    dead,       // it has ended, or did so meanwhile, or is just being made
    stopped,    // by SIGSTOP or a debugger
    deaf,       // its task has blocked or taken SIGURG, or become another program
    // This process may not signal it; or it cannot be told that it is the pool's, since neither it
    // nor its parent is seen to have the pool's memory.
    permission,
    silent,  // it did not within the time
  };
  NoAnswer(const std::string& what, Reason reason) : Error(what), reason_(reason) {}
  Reason reason() const { return reason_; }

 private:
  Reason reason_;
};

// Of a worker's main thread.
struct WorkerStack {
  std::array<std::uint64_t, kStackRegisters> registers{};
  std::uintptr_t begin = 0;  // of its stack: the address in the worker
  std::string bytes;         // from there on, up to kStackBytes
};

// Where worker `worker`, the process `pid`, is now; not where its successor is. A pool notices: the
// worker is sent SIGURG and writes down where it is, which takes it some microseconds. It waits for
// nobody, also where this process is stopped or killed meanwhile. A system call of its task that no
// signal lets go on (sleep(3), poll(2)) ends early with EINTR. Throws NoAnswer, after `patience` at
// the latest; std::system_error where this process has no descriptor left. The protocol stands in
// stack_record.hpp.
WorkerStack read_stack(const LoadedPool& pool, std::size_t worker, pid_t pid, Duration patience);

}  // namespace muster::detail
