#pragma once

// Where a worker is at the moment: its own frames, which it writes when it is asked.
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
//   then. The successor begins with an even `version` and no frames, and with another pid in its
//   record, by which an answer of its own is told from its predecessor's.
// - The handler interrupts malloc, the dynamic loader or whatever holds a lock: it takes none. It
//   interrupts the unwinder itself, which in GCC 12 and before has a lock for code that was
//   registered at run time: it writes no frames, which means "ask again".
// - The unwinder faults, on a stack that is spoilt or by unwind information that is wrong: the
//   handler writes the one frame that it has from the kernel. The worker lives on.
// - The worker crashes otherwise while the handler runs: as anywhere else, by the crash handler.
// - Sent where no handler is (a process that is just starting, a program that a task has become by
//   exec): SIGURG is ignored by default. A task that blocks, ignores or handles it does not answer,
//   nor does one that is stopped, until it goes on.
// - System calls of the task: as for any signal, those that SA_RESTART covers go on by themselves
//   (read, write, wait, accept, futex waits such as a mutex's, flock, open of a FIFO). The others
//   end early with EINTR, as signal(7) lists them: poll, select, epoll_wait, nanosleep and with it
//   sleep(3), which returns what is left, and sockets with a timeout of their own. What the
//   standard library builds on them (std::this_thread::sleep_for, std::condition_variable) goes on.
// - A task that has put itself under a seccomp filter which kills for gettid, rt_sigaction or futex
//   is killed by the question.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace muster::detail {

inline constexpr std::size_t kStackFrames = 128;

struct StackRecord {
  std::atomic<std::uint32_t> version;  // odd: being written. A futex
  std::atomic<std::uint32_t> frames;   // 0: ask again
  std::atomic<std::uint64_t> at_ticks;
  // Innermost first: where it is, then the calls that led there, themselves and not where they
  // return to. The outermost are missing where there are more.
  std::atomic<std::uint64_t> frame[kStackFrames];

  // Where `version` gets to once the next handler has ended that begins after it was read.
  static constexpr std::uint32_t answer_to(std::uint32_t version) {
    return version % 2 == 0 ? version + 2 : version + 3;
  }
  static constexpr bool reached(std::uint32_t version, std::uint32_t wanted) {
    return version % 2 == 0 && static_cast<std::int32_t>(version - wanted) >= 0;
  }
};

}  // namespace muster::detail
