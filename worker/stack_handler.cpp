#include "worker/stack_handler.hpp"

#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "lib/common/futex.hpp"
#include "lib/common/ticks.hpp"

namespace muster::detail {

namespace {

constexpr int kFaults[] = {SIGSEGV, SIGBUS};
constexpr std::size_t kFaultKinds = std::size(kFaults);

// What the unwinder calls while it holds its lock has its return address within so many bytes.
constexpr std::size_t kUnwinderDepth = 2048;

struct CodeRange {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;

  bool has(std::uintptr_t address) const { return begin <= address && address < end; }
};

StackRecord* the_record = nullptr;
pid_t the_worker = 0;
CodeRange the_unwinder;  // empty: it is part of the program, and cannot be told from it

sigjmp_buf way_out;
struct sigaction tasks_own[kFaultKinds];

pid_t this_thread() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

void restore_fault_handlers() {
  for (std::size_t i = 0; i < kFaultKinds; ++i) ::sigaction(kFaults[i], &tasks_own[i], nullptr);
}

void on_fault(int, siginfo_t*, void*) {
  if (this_thread() == the_worker) ::siglongjmp(way_out, 1);
  // Another thread's own: it comes again, to where it should have gone.
  restore_fault_handlers();
}

// Should the unwinder fault, or the look at the stack, sigsetjmp(way_out) returns.
void catch_faults() {
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  // Not blocked by its own handler, which does not return.
  action.sa_flags = static_cast<int>(SA_SIGINFO | SA_ONSTACK | SA_NODEFER);
  ::sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kFaultKinds; ++i) ::sigaction(kFaults[i], &action, &tasks_own[i]);
}

// Whether the code that was interrupted is the unwinder's or was called by it.
__attribute__((no_sanitize_address, no_sanitize_thread)) bool unwinds(std::uintptr_t at,
                                                                      std::uintptr_t stack) {
  if (the_unwinder.has(at)) return true;
  constexpr std::size_t kWord = sizeof(std::uintptr_t);
  const auto* word = reinterpret_cast<const volatile std::uintptr_t*>(  // NOLINT
      (stack + kWord - 1) / kWord * kWord);
  for (std::size_t i = 0; i < kUnwinderDepth / kWord; ++i) {
    if (the_unwinder.has(word[i])) return true;
  }
  return false;
}

// Writes the frames behind the interrupted one, and returns how many there are with it.
std::uint32_t write_frames(StackRecord& record, std::uintptr_t at) {
  // The handler's own frames come first.
  std::array<void*, kStackFrames + 8> found;
  const auto count =
      static_cast<std::size_t>(::backtrace(found.data(), static_cast<int>(found.size())));
  std::size_t first = 0;
  while (first < count && reinterpret_cast<std::uintptr_t>(found[first]) != at) ++first;
  std::uint32_t written = 1;
  for (std::size_t i = first + 1; i < count && written < kStackFrames; ++i) {
    // Behind a call that does not return there may be another function.
    const auto call = reinterpret_cast<std::uintptr_t>(found[i]) - 1;
    record.frame[written++].store(call, std::memory_order_relaxed);
  }
  return written;
}

// Whether there is nothing to be had of the unwinder at the moment.
bool must_come_again(std::uintptr_t at, std::uintptr_t stack) {
  // A stack that is short ends before the look at it does.
  if (sigsetjmp(way_out, 0) != 0) return false;
  return unwinds(at, stack);
}

// Their number; 0: ask again.
std::uint32_t frames_of(StackRecord& record, std::uintptr_t at, std::uintptr_t stack) {
  if (must_come_again(at, stack)) return 0;
  record.frame[0].store(at, std::memory_order_relaxed);
  if (sigsetjmp(way_out, 0) == 0) return write_frames(record, at);
  return 1;  // the first is there
}

void answer(const ucontext_t& interrupted) {
  const auto& registers = interrupted.uc_mcontext.gregs;
  const auto at = static_cast<std::uintptr_t>(registers[REG_RIP]);
  const auto stack = static_cast<std::uintptr_t>(registers[REG_RSP]);
  StackRecord& record = *the_record;
  const std::uint32_t version = record.version.load(std::memory_order_relaxed) | 1;
  record.version.store(version, std::memory_order_relaxed);
  // Release: who sees anything of what follows sees that it is being written.
  std::atomic_thread_fence(std::memory_order_release);
  record.at_ticks.store(ticks_now(), std::memory_order_relaxed);

  catch_faults();
  const std::uint32_t frames = frames_of(record, at, stack);
  restore_fault_handlers();

  record.frames.store(frames, std::memory_order_relaxed);
  // Release pairs with the reader's acquire.
  record.version.store(version + 1, std::memory_order_release);
  futex_wake_all(record.version, FutexScope::shared);
}

void on_question(int, siginfo_t*, void* context) {
  const int before = errno;
  // A process that a task has forked is no worker, and has no record; and a signal that is meant
  // for the process may come to any thread.
  if (::getpid() == the_worker && this_thread() == the_worker) {
    answer(*static_cast<const ucontext_t*>(context));
  }
  errno = before;
}

// The code of the object that has the unwinder; none where that has Muster as well.
int find_unwinder(dl_phdr_info* object, std::size_t, void* result) {
  CodeRange range;
  for (std::size_t i = 0; i < object->dlpi_phnum; ++i) {
    const auto& part = object->dlpi_phdr[i];
    if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
    range = {object->dlpi_addr + part.p_vaddr, object->dlpi_addr + part.p_vaddr + part.p_memsz};
    if (range.has(reinterpret_cast<std::uintptr_t>(&::_Unwind_RaiseException))) break;
    range = {};
  }
  if (range.end == 0) return 0;
  const bool apart = !range.has(reinterpret_cast<std::uintptr_t>(&install_stack_handler));
  if (apart) *static_cast<CodeRange*>(result) = range;
  return 1;
}

}  // namespace

void install_stack_handler(StackRecord& record) {
  the_record = &record;
  the_worker = ::getpid();
  ::dl_iterate_phdr(find_unwinder, &the_unwinder);
  // What a predecessor has begun is over.
  record.frames.store(0, std::memory_order_relaxed);
  record.version.store((record.version.load(std::memory_order_relaxed) | 1) + 1,
                       std::memory_order_release);

  struct sigaction action {};
  action.sa_sigaction = on_question;
  action.sa_flags = static_cast<int>(SA_SIGINFO | SA_ONSTACK | SA_RESTART);
  // Another handler could leave this one by a long jump. What is a fault of this thread cannot
  // wait.
  ::sigfillset(&action.sa_mask);
  for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS}) {
    ::sigdelset(&action.sa_mask, fault);
  }
  ::sigaction(SIGURG, &action, nullptr);
}

}  // namespace muster::detail
