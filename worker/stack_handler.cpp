#include "worker/stack_handler.hpp"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "lib/common/futex.hpp"
#include "lib/common/page_pieces.hpp"

namespace muster::detail {

namespace {

StackRecord* the_record = nullptr;
std::byte* the_copy = nullptr;
pid_t the_worker = 0;
// Not on the stack, which may be short; one thread runs the handler, once at a time.
iovec the_pages[kStackBytes / kPage + 1];

pid_t this_thread() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

// How many bytes from there on were copied. Of memory that is not there, at either end, the
// kernel says so, where a copy of one's own would crash.
std::uint32_t copy_from(std::uintptr_t begin) {
  const std::size_t count = cut_into_pages(begin, kStackBytes, the_pages);
  iovec into{the_copy, kStackBytes};
  const long got = ::syscall(SYS_process_vm_readv, the_worker, &into, 1, the_pages, count, 0);
  return static_cast<std::uint32_t>(std::max(got, 0L));
}

void copy_stack(std::uintptr_t pointer, StackRecord& record) {
  std::uintptr_t begin = pointer - kBelowStackPointer;
  std::uint32_t size = copy_from(begin);
  if (size == 0) {
    // The stack ends there.
    begin = pointer;
    size = copy_from(begin);
  }
  record.begin.store(begin, std::memory_order_relaxed);
  record.size.store(size, std::memory_order_relaxed);
}

void answer(const gregset_t& registers) {
  constexpr int kInOrder[] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                              REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                              REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
  static_assert(std::size(kInOrder) == kStackRegisters);
  StackRecord& record = *the_record;
  // Odd from here on, and another one than that of an answer that was left by a jump.
  const std::uint32_t version = (record.version.load(std::memory_order_relaxed) + 1) | 1;
  record.version.store(version, std::memory_order_relaxed);
  // Release: who sees anything of what follows sees that it is being written.
  std::atomic_thread_fence(std::memory_order_release);
  for (std::size_t i = 0; i < kStackRegisters; ++i) {
    record.registers[i].store(static_cast<std::uint64_t>(registers[kInOrder[i]]),
                              std::memory_order_relaxed);
  }
  copy_stack(static_cast<std::uintptr_t>(registers[REG_RSP]), record);
  // Release pairs with the reader's acquire.
  record.version.store(version + 1, std::memory_order_release);
  futex_wake_all(record.version, FutexScope::shared);
}

void on_question(int, siginfo_t*, void* context) {
  const int before = errno;
  // A process that a task has forked is no worker, and has no record; and a signal that is meant
  // for the process may come to any thread.
  if (::getpid() == the_worker && this_thread() == the_worker) {
    answer(static_cast<const ucontext_t*>(context)->uc_mcontext.gregs);
  }
  errno = before;
}

}  // namespace

void install_stack_handler(const WindowView& window) {
  StackRecord& record = window.record().stack;
  the_record = &record;
  the_copy = window.stack_copy();
  the_worker = ::getpid();
  // What a predecessor has begun is over.
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
