#include "traced_process.hpp"

#include <elfutils/libdwfl.h>
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "lib/common/small_file.hpp"
#include "lib/inspect/processes.hpp"
#include "mapped_modules.hpp"

namespace muster_tool {

namespace {

using Reason = CannotTrace::Reason;
using Clock = std::chrono::steady_clock;

// A thread in an uninterruptible wait does not stop before that ends.
constexpr std::chrono::seconds kPatience{2};
constexpr std::size_t kMostFrames = 256;

// Signals that would stop this process from the terminal, and so the other one with it, wait; so
// does the news of threads that have stopped, until it is asked for.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t held;
    ::sigemptyset(&held);
    for (const int signal : {SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU}) ::sigaddset(&held, signal);
    ::pthread_sigmask(SIG_BLOCK, &held, &before_);
  }
  ~SignalsHeld() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

  // False: the time is over.
  static bool wait_for_news(Clock::time_point until) {
    const auto left =
        std::chrono::duration_cast<std::chrono::nanoseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    sigset_t news;
    ::sigemptyset(&news);
    ::sigaddset(&news, SIGCHLD);
    const timespec time{left / 1'000'000'000, left % 1'000'000'000};
    return ::sigtimedwait(&news, nullptr, &time) == SIGCHLD || errno == EINTR;
  }

 private:
  sigset_t before_;
};

std::string name_of(pid_t pid) {
  const auto process = muster::detail::read_process(pid);
  return process ? fmt::format("{} ({})", pid, process->command) : fmt::format("{}", pid);
}

[[noreturn]] void refuse(pid_t pid, int error) {
  if (error == ESRCH) throw CannotTrace(fmt::format("process {} has ended", pid), Reason::ended);
  const std::string status = muster::detail::read_small_file(fmt::format("/proc/{}/status", pid));
  const auto tracer = muster::detail::number_behind(status, "TracerPid:").value_or(0);
  if (tracer > 0) {
    throw CannotTrace(fmt::format("process {} is being traced already, by process {}", pid,
                                  name_of(static_cast<pid_t>(tracer))),
                      Reason::permission);
  }
  const auto scope = muster::detail::read_number("/proc/sys/kernel/yama/ptrace_scope").value_or(0);
  if (error == EPERM && scope > 0) {
    throw CannotTrace(
        fmt::format("the kernel does not let process {} be traced: kernel.yama.ptrace_scope is {}; "
                    "{}",
                    pid, scope, scope >= 3 ? "nobody may" : "root may"),
        Reason::permission);
  }
  throw CannotTrace(
      fmt::format("process {} cannot be traced: {}{}", pid, std::generic_category().message(error),
                  error == EPERM ? "; it belongs to another user, is not dumpable or "
                                   "has more privileges than this process"
                                 : ""),
      error == EPERM ? Reason::permission : Reason::failed);
}

std::vector<pid_t> threads_of(pid_t pid) {
  std::vector<pid_t> threads;
  std::error_code error;
  std::filesystem::directory_iterator entries(fmt::format("/proc/{}/task", pid), error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    pid_t thread = 0;
    std::from_chars(name.data(), name.data() + name.size(), thread);
    if (thread > 0) threads.push_back(thread);
  }
  // The main thread first.
  std::sort(threads.begin(), threads.end(),
            [&](pid_t a, pid_t b) { return a == pid || b == pid ? a == pid && b != pid : a < b; });
  return threads;
}

// Stopped while this lives.
class Traced {
 public:
  Traced(pid_t pid, pid_t parent) : pid_(pid) {
    // Threads that are made meanwhile are found in the next round.
    for (bool more = true; more;) {
      more = false;
      for (const pid_t thread : threads_of(pid)) {
        if (!threads_.contains(thread)) more = seize(thread) || more;
      }
    }
    // From now on the number cannot become another process's.
    const auto process = muster::detail::read_process(pid);
    if (threads_.empty() || !process || process->parent != parent || !process->lives()) {
      let_go();
      refuse(pid, ESRCH);
    }
    await_stops();
  }
  ~Traced() { let_go(); }
  Traced(const Traced&) = delete;
  Traced& operator=(const Traced&) = delete;

  bool stopped(pid_t thread) const {
    const auto found = threads_.find(thread);
    return found != threads_.end() && found->second.has_value();
  }

 private:
  // False: there is no such thread any more.
  bool seize(pid_t thread) {
    if (::ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0) {
      const int error = errno;
      // One that is ending cannot be traced either.
      const auto state = muster::detail::read_process(thread);
      if (thread != pid_ && (error == ESRCH || !state || !state->lives())) return false;
      let_go();
      refuse(pid_, !state || !state->lives() ? ESRCH : error);
    }
    threads_[thread];
    ::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr);
    return true;
  }

  void await_stops() {
    const Clock::time_point until = Clock::now() + kPatience;
    do {
      for (auto thread = threads_.begin(); thread != threads_.end();) {
        thread = ended(thread->first, thread->second) ? threads_.erase(thread) : std::next(thread);
      }
    } while (!std::all_of(threads_.begin(), threads_.end(), [](const auto& thread) {
      return thread.second.has_value();
    }) && SignalsHeld::wait_for_news(until));
  }

  // Notes as well that it has stopped.
  static bool ended(pid_t thread, std::optional<int>& stop) {
    if (stop) return false;
    int status = 0;
    const pid_t found = ::waitpid(thread, &status, __WALL | WNOHANG);
    if (found < 0) return errno != EINTR;
    if (found == 0) return false;
    if (!WIFSTOPPED(status)) return true;
    // A signal that was about to be delivered is delivered when the thread goes on.
    const bool by_event = status >> 16 != 0;
    stop = by_event ? 0 : WSTOPSIG(status);
    return false;
  }

  // Those that have not stopped the kernel lets go when this process ends.
  void let_go() {
    for (const auto& [thread, stop] : threads_) {
      ::ptrace(PTRACE_DETACH, thread, nullptr, static_cast<long>(stop.value_or(0)));
    }
    threads_.clear();
  }

  pid_t pid_;
  std::map<pid_t, std::optional<int>> threads_;  // with the signal that stopped it, or 0
};

int add_frame(Dwfl_Frame* frame, void* into) {
  auto& frames = *static_cast<std::vector<std::uintptr_t>*>(into);
  Dwarf_Addr address = 0;
  bool exact = false;
  // 0: beyond the outermost.
  if (!::dwfl_frame_pc(frame, &address, &exact) || address == 0) return DWARF_CB_ABORT;
  // Else it is where a call returns to.
  frames.push_back(exact ? address : address - 1);
  return frames.size() < kMostFrames ? DWARF_CB_OK : DWARF_CB_ABORT;
}

}  // namespace

TracedStacks trace_stacks(pid_t pid, pid_t parent) {
  // Files are opened before it is stopped.
  const DwflSession session = session_of_process(pid);
  if (!session) refuse(pid, muster::detail::read_process(pid) ? EPERM : ESRCH);
  const int attached = ::dwfl_linux_proc_attach(session.get(), pid, true);
  if (attached > 0) refuse(pid, attached == ENOENT ? ESRCH : attached);
  if (attached < 0) {
    throw CannotTrace(
        fmt::format("the stacks of process {} cannot be read: {}", pid, ::dwfl_errmsg(-1)),
        Reason::failed);
  }

  TracedStacks result;
  const SignalsHeld held;
  const Clock::time_point begin = Clock::now();
  {
    const Traced traced(pid, parent);
    for (const pid_t thread : threads_of(pid)) {
      ThreadStack& stack = result.threads.emplace_back();
      stack.thread = thread;
      if (!traced.stopped(thread)) continue;
      // How it ends is of no use: the frames until then are.
      ::dwfl_getthread_frames(session.get(), thread, add_frame, &stack.frames);
    }
  }
  result.stopped_for = Clock::now() - begin;
  return result;
}

}  // namespace muster_tool
