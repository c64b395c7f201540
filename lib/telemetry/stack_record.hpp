#pragma once

// Where a worker is at the moment: its registers and the innermost part of its stack, of which it
// makes a copy when it is asked. Its callers are found in the copy, by who has asked.
//
// A handler that looked for them itself would run the unwinder wherever a signal can come: in the
// unwinder, which in GCC 12 and before locks a mutex for code that was registered at run time; on a
// stack of two pages; on one that is spoilt. A copy is one system call, which fails where memory is
// not there, takes some microseconds, no lock, and needs a few hundred bytes of stack.
//
// Who asks (stack_reader.hpp) reads `version`, sends SIGURG to the worker's main thread and sleeps
// on `version` until a handler that began after the question has ended. The handler
// (stack_handler.hpp) makes `version` odd, writes, makes it even and wakes. Nobody but the worker
// writes, and the worker waits for nobody: whoever asked may be stopped or killed at any time.
//
// - Two ask at once: signals of a kind that have not been delivered yet are one, and its answer is
//   good for both, since it begins after either question. A question that comes while a handler
//   runs is answered by the handler's next run: where `version` was odd, the answer under way does
//   not count.
// - A worker dies before its handler begins, or in it (SIGKILL; in order, between two of its
//   instructions): `version` stays, perhaps odd. Who waits looks at the worker's pidfd now and
//   then. The successor begins with an even `version` and no answer, and with another pid in its
//   record, by which an answer of its own is told from its predecessor's.
// - There is no memory for the copy, or a seccomp filter refuses the call: `size` says how much of
//   it there is, and the registers say where the worker is.
// - The worker crashes while the handler runs: as anywhere else, by the crash handler.
// - Sent where no handler is (a process that is just starting, a program that a task has become by
//   exec): SIGURG is ignored by default. A task that blocks, ignores or handles it does not answer,
//   nor does one that is stopped, until it goes on.
// - System calls of the task: as for any signal, those that SA_RESTART covers go on by themselves
//   (read, write, wait, accept, futex waits such as a mutex's, flock, open of a FIFO). The others
//   end early with EINTR, as signal(7) lists them: poll, select, epoll_wait, nanosleep and with it
//   sleep(3), which returns what is left, and sockets with a timeout of their own. What the
//   standard library builds on them (std::this_thread::sleep_for, std::condition_variable) goes on.
// - A task that has put itself under a seccomp filter which kills for gettid, process_vm_readv or
//   futex is killed by the question; so is one whose alternate signal stack has no room for what
//   the kernel puts there for any signal (sysconf(_SC_MINSIGSTKSZ)).

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace muster::detail {

// Of x86-64, in DWARF's order: rax rdx rcx rbx rsi rdi rbp rsp r8 .. r15 and where it is, rip.
inline constexpr std::size_t kStackRegisters = 17;
inline constexpr std::size_t kStackPointer = 7;
inline constexpr std::size_t kProgramCounter = 16;

// Room for the copy, behind the telemetry in the worker's window; no memory until it is asked for.
// Callers whose frames lie further out are left out. Debuggers' samplers take as much at most.
inline constexpr std::size_t kStackBytes = std::size_t{64} << 10;

struct StackRecord {
  std::atomic<std::uint32_t> version;  // odd: being written. A futex
  std::atomic<std::uint32_t> size;     // of the copy, in bytes
  std::atomic<std::uint64_t> begin;    // where its first byte lies in the worker
  std::atomic<std::uint64_t> registers[kStackRegisters];

  // Where `version` gets to once the next handler has ended that begins after it was read.
  static constexpr std::uint32_t answer_to(std::uint32_t version) {
    return version % 2 == 0 ? version + 2 : version + 3;
  }
  static constexpr bool reached(std::uint32_t version, std::uint32_t wanted) {
    return version % 2 == 0 && static_cast<std::int32_t>(version - wanted) >= 0;
  }
};

}  // namespace muster::detail
