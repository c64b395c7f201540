#include "stopped_threads.hpp"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "cannot_trace.hpp"
#include "lib/inspect/processes.hpp"

namespace muster_tool {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{2};

// Of SIGCHLD, which is blocked. False: the time is over.
bool wait_for_news(Clock::time_point until) {
  const auto left =
      std::chrono::duration_cast<std::chrono::nanoseconds>(until - Clock::now()).count();
  if (left <= 0) return false;
  sigset_t news;
  ::sigemptyset(&news);
  ::sigaddset(&news, SIGCHLD);
  const timespec time{left / 1'000'000'000, left % 1'000'000'000};
  return ::sigtimedwait(&news, nullptr, &time) == SIGCHLD || errno == EINTR;
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
  return threads;
}

// Whether the thread has ended; `stop` says whether it has stopped, and by what.
bool has_ended(pid_t thread, std::optional<int>& stop) {
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

}  // namespace

StoppedThreads::StoppedThreads(pid_t pid, const IsMeant& is_meant) : pid_(pid) {
  // The news of a stop is sent where SIGCHLD is not ignored, and stays until it is asked for.
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t news;
  ::sigemptyset(&news);
  ::sigaddset(&news, SIGCHLD);
  ::pthread_sigmask(SIG_BLOCK, &news, nullptr);
  if (!seize(pid)) refuse_to_trace(pid, ESRCH);
  // From now on the number cannot become another process's.
  if (!is_meant(pid)) refuse_to_trace(pid, ESRCH);
  seize_all();
}

// Threads that are made meanwhile are found in the next round.
void StoppedThreads::seize_all() {
  for (bool more = true; more;) {
    more = false;
    for (const pid_t thread : threads_of(pid_)) {
      if (!threads_.contains(thread)) more = seize(thread) || more;
    }
  }
}

// False: there is no such thread any more.
bool StoppedThreads::seize(pid_t thread) {
  if (::ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0) {
    const int error = errno;
    // One that is ending cannot be traced either.
    const auto state = muster::detail::read_process(thread);
    if (thread != pid_ && (error == ESRCH || !state || !state->lives())) return false;
    refuse_to_trace(pid_, !state || !state->lives() ? ESRCH : error);
  }
  threads_[thread];
  return true;
}

void StoppedThreads::stop() {
  const Clock::time_point until = Clock::now() + kPatience;
  interrupt_new();
  await_stops(until);
  // One that was about to make another has done so.
  const std::size_t before = threads_.size();
  seize_all();
  if (threads_.size() == before) return;
  interrupt_new();
  await_stops(until);
}

void StoppedThreads::interrupt_new() {
  for (auto& [id, thread] : threads_) {
    if (thread.interrupted) continue;
    ::ptrace(PTRACE_INTERRUPT, id, nullptr, nullptr);
    thread.interrupted = true;
  }
}

void StoppedThreads::await_stops(Clock::time_point until) {
  do {
    for (auto thread = threads_.begin(); thread != threads_.end();) {
      const bool ended = has_ended(thread->first, thread->second.stop);
      thread = ended ? threads_.erase(thread) : std::next(thread);
    }
  } while (!std::ranges::all_of(threads_, [](const auto& entry) {
    return entry.second.stop.has_value();
  }) && wait_for_news(until));
}

std::vector<pid_t> StoppedThreads::threads() const {
  std::vector<pid_t> all;
  if (threads_.contains(pid_)) all.push_back(pid_);
  for (const auto& [id, thread] : threads_) {
    if (id != pid_) all.push_back(id);
  }
  return all;
}

std::optional<user_regs_struct> StoppedThreads::registers(pid_t thread) const {
  const auto found = threads_.find(thread);
  if (found == threads_.end() || !found->second.stop) return std::nullopt;
  user_regs_struct registers{};
  iovec place{&registers, sizeof registers};
  if (::ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &place) != 0) return std::nullopt;
  return registers;
}

// Those that have not stopped the kernel lets go when this process ends.
void StoppedThreads::let_go() {
  for (const auto& [id, thread] : threads_) {
    ::ptrace(PTRACE_DETACH, id, nullptr, static_cast<long>(thread.stop.value_or(0)));
  }
  threads_.clear();
}

}  // namespace muster_tool
