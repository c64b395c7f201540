#include "lib/supervisor/supervisor.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>

#include <muster/log.hpp>

#include "lib/common/futex.hpp"
#include "lib/common/signals.hpp"
#include "lib/common/ticks.hpp"
#include "lib/supervisor/death_record.hpp"
#include "worker/worker.hpp"

namespace muster::detail {

namespace bip = boost::interprocess;

namespace {

// A process without much memory has ended by then, once its end has begun.
constexpr std::int64_t kQuickEndNs = 300'000;

std::string with_errno(const std::string& what, int error) {
  return what + ": " + std::strerror(error);
}

}  // namespace

Supervisor::Supervisor(WorkerSetup setup, FileDescriptor client_socket, FileDescriptor client_pidfd)
    : setup_(std::move(setup)),
      client_socket_(std::move(client_socket)),
      client_pidfd_(std::move(client_pidfd)),
      broker_(setup_.limits.asked.files ? BlockBroker(setup_.client, 2 * setup_.geometry.workers)
                                        : BlockBroker()),
      deaths_(setup_.restart_intensity) {
  setup_.block_requests = broker_.take_workers_end();
  const Geometry& g = setup_.geometry;
  tasks_region_ = map_shared(setup_.tasks, bip::read_only, 0, g.returns_at());
  control_region_ = map_shared(setup_.control, bip::read_write, 0, g.control_bytes());
  results_region_ = map_shared(setup_.results, bip::read_only, 0, g.results_bytes());
  facts_region_ = map_shared(setup_.facts, bip::read_write, 0, g.facts_bytes());
  // With a writable descriptor mprotect could make a worker's mapping writable.
  setup_.facts = setup_.facts.reopen_read_only();
  tasks_ = {static_cast<std::byte*>(tasks_region_.get_address()), g};
  control_ = {static_cast<std::byte*>(control_region_.get_address()), g};
  results_ = {static_cast<std::byte*>(results_region_.get_address()), g};
  facts_ = {static_cast<std::byte*>(facts_region_.get_address()), g};
  recovery_.emplace(control_.queue());
  children_.resize(g.workers);
  heirs_.resize(g.workers);
}

void Supervisor::run() {
  facts_.facts().supervisor_pid.store(static_cast<std::uint32_t>(::getpid()));
  slice_.shorten();  // of a death it hears while others compute
  // Before the client hears that it is ready: a task may be killed before this one runs again.
  oom_.look(monotonic_ns());
  start_all();
  watch();
  leave();
}

// A process that waits to be admitted. Nobody but this one knows of it. Until it is, it stays in
// this one's process group: whoever is to reap it, should this one be killed, finds it by that.
bool Supervisor::fork_worker(std::uint32_t index, Child& child, std::string& error) {
  child = Child{};
  child.incarnation = next_incarnation_++;
  const pid_t supervisor = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    error = with_errno("forking worker " + std::to_string(index) + " failed", errno);
    return false;
  }
  if (pid == 0) {
    const std::uint64_t incarnation = child.incarnation;
    slice_.restore();
    client_socket_.reset();
    client_pidfd_.reset();
    children_.clear();  // closes the other workers' pidfds
    heirs_.clear();
    unreaped_.clear();
    broker_ = BlockBroker();
    worker_main(setup_, index, incarnation, supervisor);
  }
  FileDescriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    error = with_errno(
        "watching worker " + std::to_string(index) + " (pid " + std::to_string(pid) + ") failed",
        errno);
    ::kill(pid, SIGKILL);
    while (::waitpid(pid, nullptr, __WALL) < 0 && errno == EINTR) {
    }
    return false;
  }
  child.pid = pid;
  child.pidfd = std::move(pidfd);
  child.started_ns = monotonic_ns();
  return true;
}

// The client is sent its pidfd first: a worker that it does not know of must not hold a task, and
// is not let in.
bool Supervisor::admit(std::uint32_t index, std::string& error) {
  Child& child = children_[index];
  WorkerFacts& facts = facts_.worker(index);
  facts.incarnation.store(child.incarnation);
  facts.pid.store(static_cast<std::uint32_t>(child.pid));
  facts.started_monotonic_ns.store(child.started_ns);

  Message message;
  message.kind = MessageKind::worker_started;
  message.worker = index;
  message.incarnation = child.incarnation;
  message.pid = child.pid;
  message.number = results_.window(index).record().next_floor();
  if (!tell(message, child.pidfd.get())) {
    // Too many descriptors are on their way, or the client is gone, who needs no reason.
    const int reason = errno;
    error = with_errno("the kernel does not let the descriptor of worker " + std::to_string(index) +
                           " (pid " + std::to_string(child.pid) + ") be sent",
                       reason);
    child.kill_and_reap();
    facts.pid.store(0);
    return false;
  }
  // Before a task can start anything, and once the client knows of it.
  ::setpgid(child.pid, child.pid);
  facts.admitted.store(static_cast<std::uint32_t>(child.incarnation));
  futex_wake_all(facts.admitted, FutexScope::shared);
  return true;
}

bool Supervisor::tell(const Message& message, int fd_along) const {
  return send_message(client_socket_.get(), message, SendMode::wait, fd_along, client_pidfd_.get());
}

bool Supervisor::start_worker(std::uint32_t index, std::string& error) {
  return fork_worker(index, children_[index], error) && admit(index, error);
}

// With its predecessor buried.
bool Supervisor::replace_worker(std::uint32_t index, std::string& error) {
  Child& heir = heirs_[index];
  if (heir.pid != 0 && heir.ends_within(0)) heir.kill_and_reap();
  if (heir.pid == 0) {
    if (!start_worker(index, error)) return false;
  } else {
    children_[index] = std::exchange(heir, Child{});
    if (!admit(index, error)) return false;
  }
  facts_.facts().restarts.fetch_add(1);
  return true;
}

// The worker's life mark says that it is about to end: its memory is taken down, which may take
// long.
void Supervisor::prepare_heir(std::uint32_t index) {
  if (index >= children_.size() || recovery_->closed()) return;
  const Child& child = children_[index];
  if (child.pid == 0 || heirs_[index].pid != 0) return;
  if (child.ends_within(kQuickEndNs)) return;  // its successor comes after the news of its end
  std::string error;
  // If it fails, so it will when the successor is needed, and is told then.
  fork_worker(index, heirs_[index], error);
}

void Supervisor::start_all() {
  for (std::uint32_t i = 0; i < children_.size(); ++i) {
    std::string error;
    if (start_worker(i, error)) continue;
    end_all(SIGKILL);
    Message message;
    message.kind = MessageKind::start_failed;
    message.worker = i;
    message.set_text(error.c_str());
    tell(message);
    leave();
  }
  Message message;
  message.kind = MessageKind::ready;
  tell(message);
}

void Supervisor::watch() {
  std::vector<pollfd> fds;
  std::vector<std::uint32_t> index;
  while (true) {
    fds.assign({{client_socket_.get(), POLLIN, 0}, {client_pidfd_.get(), POLLIN, 0}});
    index.clear();
    for (std::uint32_t i = 0; i < children_.size(); ++i) {
      if (children_[i].pid == 0) continue;
      fds.push_back({children_[i].pidfd.get(), POLLIN, 0});
      index.push_back(i);
    }
    if (index.empty()) {
      drop_heirs();
      Message message;
      message.kind = MessageKind::ended;
      tell(message);
      return;
    }
    for (const Child& lost : unreaped_) {
      // One that has ended would wake us again and again, and whoever traces it does not tell.
      if (!lost.ends_within(0)) fds.push_back({lost.pidfd.get(), POLLIN, 0});
    }
    broker_.add_to(fds);
    if (::poll(fds.data(), fds.size(), poll_timeout_ms()) < 0 && errno != EINTR) {
      // The kernel's answer where it is asked about more descriptors than may be open.
      const char* const why = errno == EINVAL
                                  ? "it may not open as many files (ulimit -n) as it has to watch"
                                  : std::strerror(errno);
      break_pool(BreakCause::cannot_watch, 0, why, SIGKILL);
    }
    // The client first: what it asked for decides what a death means.
    if (fds[1].revents != 0) {
      end_all(SIGKILL);
      leave();
    }
    if (fds[0].revents != 0) handle_messages();
    for (std::size_t i = 0; i < index.size(); ++i) {
      if (fds[i + 2].revents != 0) handle_exit(index[i]);
    }
    broker_.serve();
    kill_overdue();
    write_off_overdue();
    oom_.look_now_and_then(monotonic_ns());
    std::erase_if(unreaped_, [](const Child& lost) {
      return lost.ends_within(0) && reap_ended(lost.pid).has_value();
    });
  }
}

void Supervisor::handle_messages() {
  while (true) {
    Message message;
    FileDescriptor unused;
    switch (receive_message(client_socket_.get(), message, unused)) {
      // Whatever they were: a message that asks for a kill finds no room where many wait.
      case ReceiveResult::none: kill_for_tasks(); return;
      case ReceiveResult::closed: end_all(SIGKILL); leave();
      case ReceiveResult::message: break;
    }
    if (message.kind == MessageKind::dying) prepare_heir(message.worker);
    if (message.kind == MessageKind::stop_workers) {
      break_pool(BreakCause::stopped, 0, "", message.code);
    }
  }
}

void Supervisor::handle_exit(std::uint32_t index) {
  Child& child = children_[index];
  const WorkerRecord& record = results_.window(index).record();
  const bool in_order =
      record.incarnation.load() == child.incarnation && record.phase.load() == WorkerPhase::ended;
  // What its tasks have started goes before the group's number can be given to another.
  if (!in_order) ::kill(-child.pid, SIGKILL);
  if (const auto exit = reap_ended(child.pid)) return bury(index, *exit);
  // Whoever traces it may never wait for it, and the other workers are not to wait for that.
  const ExitFacts exit = read_end(child.pid);
  reap_later(child);
  bury(index, exit);
}

void Supervisor::reap_later(Child& child) {
  Child lost;
  lost.pid = child.pid;
  lost.pidfd = std::move(child.pidfd);
  unreaped_.push_back(std::move(lost));
}

// The worker does nothing any more, and its process is reaped or given up.
void Supervisor::bury(std::uint32_t index, const ExitFacts& exit) {
  Child& child = children_[index];
  const WorkerRecord& record = results_.window(index).record();
  const bool same_life = record.incarnation.load() == child.incarnation;
  const WorkerPhase phase = same_life ? record.phase.load() : WorkerPhase::starting;

  const auto held = recovery_->end_tasks(index);
  const pid_t pid = child.pid;
  const std::uint64_t incarnation = child.incarnation;
  child = Child{};
  facts_.worker(index).pid.store(0);
  recovery_->dismiss(index);

  std::string error;
  if (phase == WorkerPhase::ended && held.task == 0) {
    if (recovery_->closed()) return;
    if (!replace_worker(index, error)) {
      break_pool(BreakCause::cannot_replace, 0, error.c_str(), SIGKILL);
    }
    return;
  }
  if (phase == WorkerPhase::init_failed || phase == WorkerPhase::limits_failed) {
    char text[kErrorText];
    std::memcpy(text, record.init_error, sizeof(text));
    text[sizeof(text) - 1] = '\0';
    break_pool(phase == WorkerPhase::init_failed ? BreakCause::initializer_failed
                                                 : BreakCause::limits_failed,
               0, text, SIGKILL);
  }

  DeathRecord& death = next_death(facts_);
  fill_death(death, exit, index, pid, incarnation, held.task, same_life ? &record : nullptr);
  if (held.task != 0) {
    const std::uint32_t slot = Hint(held.task - 1).slot() & (setup_.geometry.slots - 1);
    death.name = tasks_.part(slot).name;
  }
  death.task_was_killing = held.was_killing ? 1 : 0;
  death.requeued = same_life ? held.not_begun : 0;  // else its predecessor's, which were told of
  const bool killed_by_others = exit.term_signal == SIGKILL && !held.was_killing;
  death.out_of_memory = killed_by_others && oom_.explains_death(monotonic_ns()) ? 1 : 0;
  const std::uint64_t number = publish_death(facts_, death);
  facts_.worker(index).deaths.fetch_add(1);

  // What it had taken from the ring and not begun is pending still: somebody must look for it.
  recovery_->rally();

  if (!held.was_killing) {
    if (setup_.on_worker_death == OnWorkerDeath::break_pool) {
      break_pool(BreakCause::worker_died, number, "", SIGKILL);
    }
    if (deaths_.exceeds_with_another(monotonic_ns())) {
      char text[kErrorText];
      std::snprintf(text, sizeof(text), "%zu workers died within %g s",
                    setup_.restart_intensity.deaths + 1, setup_.restart_intensity.within.seconds());
      break_pool(BreakCause::too_many_deaths, number, text, SIGKILL);
    }
  }
  Message message;
  message.kind = MessageKind::death;
  message.worker = index;
  message.number = number;
  tell(message);
  if (recovery_->closed()) return;
  if (!replace_worker(index, error)) {
    break_pool(BreakCause::cannot_replace, number, error.c_str(), SIGKILL);
  }
}

// A word that says killing names the worker that is to go: recovery turns it into killed before
// there is a successor, which is therefore never meant.
void Supervisor::kill_for_tasks() {
  for (std::uint32_t slot = 0; slot < recovery_->slots().size(); ++slot) {
    const SlotWord word = recovery_->slots().read(slot);
    if (word.status() != SlotStatus::killing || word.owner() >= children_.size()) continue;
    Child& child = children_[word.owner()];
    const std::uint64_t task = Hint(slot, word.tag()).bits() + 1;
    if (child.pid == 0 || child.killed_for == task) continue;
    child.killed_for = task;
    child.signal(SIGTERM);
    child.kill_at_ns = monotonic_ns() + setup_.kill_grace_ns;
  }
}

void Supervisor::kill_overdue() {
  const std::int64_t now = monotonic_ns();
  for (Child& child : children_) {
    if (child.pid == 0 || child.kill_at_ns == 0 || now < child.kill_at_ns) continue;
    child.signal(SIGKILL);
    child.kill_at_ns = 0;
    child.write_off_at_ns = now + kWriteOffNs;
  }
}

// Should it ever come back from its system call, it ends there and then: it changes nothing of its
// own accord any more. What the kernel may still write is its arena, which its successor leaves as
// it is, as after any death.
void Supervisor::write_off_overdue() {
  const std::int64_t now = monotonic_ns();
  for (std::uint32_t i = 0; i < children_.size(); ++i) {
    Child& child = children_[i];
    if (child.pid == 0 || child.write_off_at_ns == 0 || now < child.write_off_at_ns) continue;
    child.write_off_at_ns = 0;
    if (child.ends_within(0)) continue;
    reap_later(child);
    ExitFacts exit;
    exit.written_off = true;
    bury(i, exit);
  }
}

int Supervisor::poll_timeout_ms() const {
  std::int64_t earliest = 0;
  for (const Child& child : children_) {
    if (child.pid == 0) continue;
    for (const std::int64_t due : {child.kill_at_ns, child.write_off_at_ns}) {
      if (due != 0) earliest = earliest == 0 ? due : std::min(earliest, due);
    }
  }
  const std::int64_t now = monotonic_ns();
  // For oom_, too, so that a kill of long ago is known to be one.
  earliest =
      earliest == 0 ? now + OomWatch::kFreshNs : std::min(earliest, now + OomWatch::kFreshNs);
  const std::int64_t left_ms = (earliest - now + 999'999) / 1'000'000;
  return static_cast<int>(std::clamp<std::int64_t>(left_ms, 0, INT_MAX));
}

void supervisor_main(WorkerSetup setup, FileDescriptor client_socket, FileDescriptor client_pidfd) {
  reset_signals();
  ::setpgid(0, 0);  // a terminal's signals reach the client alone
  const std::string title = "muster:" + setup.pool_name;
  ::prctl(PR_SET_NAME, title.c_str());
  const std::string name = setup.pool_name;
  try {
    Supervisor(std::move(setup), std::move(client_socket), std::move(client_pidfd)).run();
  } catch (const std::exception& e) {
    // The socket went with the object; the client sees it closed and says that the supervisor
    // ended. What it was goes where the program's own last words go.
    log(LogLevel::error,
        "the supervisor of pool \"" + name + "\" ends, and its workers with it: " + e.what());
    ::_exit(1);
  }
}

}  // namespace muster::detail
