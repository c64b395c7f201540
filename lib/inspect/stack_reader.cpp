#include "lib/inspect/stack_reader.hpp"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "lib/common/deadline.hpp"
#include "lib/common/file_descriptor.hpp"
#include "lib/common/futex.hpp"
#include "lib/common/small_file.hpp"
#include "lib/inspect/membership.hpp"
#include "lib/inspect/processes.hpp"

namespace muster::detail {

namespace {

using Reason = NoAnswer::Reason;

constexpr int kQuestion = SIGURG;
// Of the kernel's <linux/pidfd.h>, since Linux 6.9: to the thread that the descriptor stands for.
constexpr unsigned kToThread = 1;
// Nothing says of a worker's end where one waits for its answer, so that is looked at so often.
constexpr Duration kLook = std::chrono::milliseconds(20);

std::string name_of(std::size_t worker, pid_t pid) {
  return "worker " + std::to_string(worker) + " (pid " + std::to_string(pid) + ")";
}

// What the kernel says of a thread's signals: SigBlk and its like.
bool has_signal(std::string_view status, std::string_view key) {
  const std::size_t at = status.find("\n" + std::string(key) + ":\t");
  if (at == std::string_view::npos) return false;
  std::string_view digits = status.substr(at + key.size() + 3);
  std::uint64_t set = 0;
  std::from_chars(digits.data(), digits.data() + std::min<std::size_t>(digits.size(), 16), set, 16);
  return (set >> (kQuestion - 1) & 1) != 0;
}

// A worker, and that it still is the same.
class Asked {
 public:
  Asked(const LoadedPool& pool, std::size_t worker, pid_t pid)
      : pool_(pool), worker_(static_cast<std::uint32_t>(worker)), pid_(pid) {
    if (pid_ <= 0) fail(Reason::dead, "worker " + std::to_string(worker) + " is not running");
    if (pid_in_facts() != pid_) fail_dead();
    pidfd_ = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!pidfd_ && errno != ESRCH) {
      throw std::system_error(errno, std::generic_category(), "cannot watch " + name());
    }
    // The pid was the worker's when its parent, the supervisor, wrote it. The descriptor is of that
    // process if it is a child of the supervisor's and the supervisor still says so.
    const auto process = read_process(pid_);
    if (!pidfd_ || !process || !process->is_worker_of(supervisor_in_facts()) ||
        pid_in_facts() != pid_ || ended()) {
      fail_dead();
    }
  }

  WindowView window() const { return pool_.views().results.window(worker_); }
  std::string name() const { return name_of(worker_, pid_); }

  bool ended() const {
    pollfd end{pidfd_.get(), POLLIN, 0};
    return ::poll(&end, 1, 0) > 0;
  }

  // That it could answer.
  void check() const {
    const WorkerRecord& record = window().record();
    // Before its signals are looked at: it takes the question up before it is past its start.
    const bool made = record.pid.load() == static_cast<std::uint32_t>(pid_);
    const bool starts = record.phase.load() == WorkerPhase::starting;
    const std::string status = this->status();
    if (status.empty() || ended() || state_of(status) == 'Z') fail_dead();
    if (state_of(status) == 'T' || state_of(status) == 't') {
      fail(Reason::stopped, name() + " is stopped, by SIGSTOP or a debugger, and cannot answer");
    }
    if (!made || (!has_signal(status, "SigCgt") && starts)) {
      fail(Reason::dead, name() + " is just being made");
    }
    if (!has_signal(status, "SigCgt")) {
      fail(Reason::deaf,
           name() +
               " does not answer: it ignores SIGURG, by its task's doing or as a program that "
               "its task has become");
    }
    check_memory();
  }

  // It had its time. That the signal is blocked for an instant is nothing: the handler does so.
  [[noreturn]] void fail_silent(Duration patience) const {
    check();  // it may have become unable to meanwhile
    if (has_signal(status(), "SigBlk")) {
      fail(Reason::deaf, name() + " does not answer: its task has blocked SIGURG");
    }
    fail(Reason::silent, name() + " has not answered within " +
                             std::to_string(patience.nanoseconds() / 1'000'000) + " ms");
  }

  void send() const {
    long sent = ::syscall(SYS_pidfd_send_signal, pidfd_.get(), kQuestion, nullptr, kToThread);
    // Before Linux 6.9 there is no such flag, and before 5.1 no such call. The number may then be
    // another process's in the instant since ended(), where SIGURG does no harm by default.
    if (sent != 0 && (errno == EINVAL || errno == ENOSYS)) {
      if (ended()) fail_dead();
      sent = ::syscall(SYS_tgkill, pid_, pid_, kQuestion);
    }
    if (sent == 0) return;
    if (errno == ESRCH) fail_dead();
    fail(Reason::permission,
         "cannot signal " + name() + ": " + std::generic_category().message(errno));
  }

  [[noreturn]] void fail_dead() const { fail(Reason::dead, name() + " has ended"); }
  [[noreturn]] static void fail(Reason reason, const std::string& sentence) {
    throw NoAnswer(sentence, reason);
  }

 private:
  // The pool's memory names this process, and may name any. One that has it mapped is of the pool,
  // and so is what the supervisor has made.
  void check_memory() const {
    const HasMemory has = has_memory_of(pool_.views(), pid_);
    if (has == HasMemory::yes) return;
    const pid_t supervisor = supervisor_in_facts();
    const IsWorker is = is_worker_of(pool_.views(), supervisor, pid_);
    if (ended() || is == IsWorker::no) fail_dead();
    if (is == IsWorker::unknown) {
      fail(Reason::permission, name() + " is not asked: neither it nor its parent, process " +
                                   std::to_string(supervisor) + ", has the pool's memory");
    }
    if (has == HasMemory::no) {
      fail(Reason::deaf, name() + " does not answer: its task has become another program");
    }
  }

  pid_t pid_in_facts() const {
    return static_cast<pid_t>(pool_.views().facts.worker(worker_).pid.load());
  }
  pid_t supervisor_in_facts() const {
    return static_cast<pid_t>(pool_.views().facts.facts().supervisor_pid.load());
  }
  // Of its main thread.
  std::string status() const {
    const std::string pid = std::to_string(pid_);
    return read_small_file("/proc/" + pid + "/task/" + pid + "/status");
  }
  static char state_of(const std::string& status) {
    const std::size_t at = status.find("\nState:\t");
    return at == std::string::npos ? 'Z' : status[at + 8];
  }

  const LoadedPool& pool_;
  std::uint32_t worker_;
  pid_t pid_;
  FileDescriptor pidfd_;
};

// Nothing where it was written over meanwhile.
std::optional<WorkerStack> copy(const WindowView& window, std::uint32_t version) {
  const StackRecord& record = window.record().stack;
  WorkerStack stack;
  for (std::size_t i = 0; i < kStackRegisters; ++i) {
    stack.registers[i] = record.registers[i].load(std::memory_order_relaxed);
  }
  stack.begin = record.begin.load(std::memory_order_relaxed);
  const std::size_t size = record.size.load(std::memory_order_relaxed);
  stack.bytes.assign(reinterpret_cast<const char*>(window.stack_copy()),
                     std::min(size, kStackBytes));
  // Acquire pairs with the handler's release behind the odd version.
  std::atomic_thread_fence(std::memory_order_acquire);
  if (record.version.load(std::memory_order_relaxed) != version) return std::nullopt;
  return stack;
}

}  // namespace

WorkerStack read_stack(const LoadedPool& pool, std::size_t worker, pid_t pid, Duration patience) {
  const std::size_t workers = pool.constants().geometry.workers;
  if (worker >= workers) {
    Asked::fail(Reason::no_worker, "there is no worker " + std::to_string(worker) +
                                       ": the pool has " + std::to_string(workers) +
                                       ", from 0 to " + std::to_string(workers - 1));
  }
  const Asked asked(pool, worker, pid);
  const WindowView window = asked.window();
  const StackRecord& record = window.record().stack;
  const Deadline until = Deadline::after(patience);
  asked.check();
  const std::uint32_t wanted = StackRecord::answer_to(record.version.load());
  asked.send();
  for (;;) {
    // Acquire pairs with the handler's release: the answer belongs to this version.
    const std::uint32_t now = record.version.load(std::memory_order_acquire);
    if (StackRecord::reached(now, wanted)) {
      std::optional<WorkerStack> stack = copy(window, now);
      // What a successor has begun with is no answer.
      if (asked.ended()) asked.fail_dead();
      if (stack) return *std::move(stack);
    }
    if (until.expired()) asked.fail_silent(patience);
    futex_wait(record.version, now, std::min(until, Deadline::after(kLook)), FutexScope::shared);
    if (asked.ended()) asked.fail_dead();
  }
}

}  // namespace muster::detail
