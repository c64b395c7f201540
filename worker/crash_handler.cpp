#include "worker/crash_handler.hpp"

#include <execinfo.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "lib/common/ticks.hpp"

namespace muster::detail {

namespace {

// SIGXCPU is no crash, but where a worker spent its CPU time is as good to know.
constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGXCPU};

CrashRecord* the_record = nullptr;
pid_t the_worker = 0;

// On a stack of its own: an overflow of the task's must be told, too.
alignas(64) std::array<std::byte, 64 * 1024> the_stack;

// The default disposition is back (SA_RESETHAND); the signal is blocked until the handler returns.
void send_again(int signal) { ::syscall(SYS_tgkill, ::getpid(), ::syscall(SYS_gettid), signal); }

void on_crash(int signal, siginfo_t* info, void* context) {
  // A process that a task has forked is no worker, and has no record.
  if (::getpid() != the_worker) return send_again(signal);
  CrashRecord& record = *the_record;
  record.at_ticks = ticks_now();
  record.code = info->si_code;
  // The two share a place: who sent it, or where the processor found fault.
  const bool sent = info->si_code <= 0;
  record.sender = sent ? static_cast<std::uint32_t>(info->si_pid) : 0;
  record.address = sent ? 0 : reinterpret_cast<std::uintptr_t>(info->si_addr);
  record.frames = 0;
  // Release pairs with the supervisor's acquire: what stands above is there if this is.
  record.signal.store(signal, std::memory_order_release);

  // The unwinder may wait for a lock: in GCC 12 and before of code that was registered at run time,
  // with glibc before 2.35 of the dynamic loader. Should the crash be where one is held, the alarm
  // ends the process all the same.
  ::signal(SIGALRM, SIG_DFL);
  sigset_t alarm_only;
  ::sigemptyset(&alarm_only);
  ::sigaddset(&alarm_only, SIGALRM);
  ::sigprocmask(SIG_UNBLOCK, &alarm_only, nullptr);
  ::alarm(1);
  std::array<void*, kFrames> frames;
  const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
  // What was called before the signal came, without the handler's own frames.
  const auto crashed_at = reinterpret_cast<void*>(
      static_cast<ucontext_t*>(context)
          ->uc_mcontext.gregs[REG_RIP]);  // NOLINT(performance-no-int-to-ptr)
  int first = 0;
  while (first < count && frames[static_cast<std::size_t>(first)] != crashed_at) ++first;
  if (first == count) first = 0;  // the unwinder lost its way
  // Where it crashed, and then the calls that led there: what they return to is behind them, and
  // behind a call that does not return there may be another function.
  for (int i = first; i < count; ++i) {
    const auto frame = reinterpret_cast<std::uintptr_t>(frames[static_cast<std::size_t>(i)]);
    record.frame[i - first] = i == first ? frame : frame - 1;
  }
  record.frames = static_cast<std::uint32_t>(count - first);
  ::alarm(0);

  send_again(signal);
}

}  // namespace

void warm_up_backtrace() {
  std::array<void*, 1> frame;
  ::backtrace(frame.data(), static_cast<int>(frame.size()));
}

void install_crash_handler(CrashRecord& record) {
  the_record = &record;
  the_worker = ::getpid();

  stack_t stack{};
  stack.ss_sp = the_stack.data();
  stack.ss_size = the_stack.size();
  ::sigaltstack(&stack, nullptr);

  struct sigaction action {};
  action.sa_sigaction = on_crash;
  action.sa_flags = static_cast<int>(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND);
  ::sigemptyset(&action.sa_mask);
  for (const int signal : kSignals) ::sigaction(signal, &action, nullptr);
}

}  // namespace muster::detail
