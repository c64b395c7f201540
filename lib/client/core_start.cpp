// From options to a pool with workers, or to an error and nothing left behind.

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <new>
#include <system_error>

#include <muster/log.hpp>

#include "lib/client/check_options.hpp"
#include "lib/client/pool_registry.hpp"
#include "lib/client/process_core.hpp"
#include "lib/common/cpus.hpp"
#include "lib/common/deadline.hpp"
#include "lib/common/futex.hpp"
#include "lib/common/pool_name.hpp"
#include "lib/common/random.hpp"
#include "lib/common/signals.hpp"
#include "lib/limits/prepare_limits.hpp"
#include "lib/start/fork_server.hpp"
#include "lib/start/module_match.hpp"
#include "lib/start/spawn.hpp"
#include "lib/start/start_method.hpp"
#include "lib/start/start_request.hpp"
#include "lib/supervisor/supervisor.hpp"
#include "worker/crash_handler.hpp"
#include "worker/output.hpp"

namespace muster::detail {

namespace {

// A kill_grace that is longer is for ever, and is added to the clock: a hundred years.
constexpr std::int64_t kLongestGraceNs = std::int64_t{100} * 365 * 86'400 * kNanosPerSecond;

std::string reason(int error) { return std::generic_category().message(error); }

std::size_t checked_workers(const ProcessPoolOptions& options, const PreparedLimits& limits) {
  if (options.max_workers == 0) {
    return limits.cpus.empty() ? usable_cpus()
                               : std::min<std::size_t>(limits.cpus.size(), kMaxOwners - 1);
  }
  if (options.max_workers >= kMaxOwners) {
    throw InvalidArgumentError(looks_negative(options.max_workers)
                                   ? "max_workers must be greater than 0, or 0 for one worker a CPU"
                                   : "max_workers is " + std::to_string(options.max_workers) +
                                         "; a pool has at most " + std::to_string(kMaxOwners - 1) +
                                         " workers");
  }
  return options.max_workers;
}

// Those that the workers will have, as far as can be told before they are there.
ModuleTable modules_for(StartMethod method) {
  switch (method) {
    case StartMethod::forkserver: return ForkServer::modules();
    case StartMethod::spawn: return ModuleTable::snapshot().moved();
    default: return ModuleTable::snapshot();
  }
}

// Threads of Muster's own that hold no lock a worker could miss: the pumps.
std::atomic<std::uint32_t> pumps{0};

void warn_of_threads(const std::string& name) {
  struct stat status {};
  if (::stat("/proc/self/task", &status) != 0) return;
  const auto threads = static_cast<std::uint32_t>(status.st_nlink) - 2;
  if (threads <= 1 + pumps.load()) return;
  static std::atomic<bool> warned{false};
  if (warned.exchange(true)) return;
  log(LogLevel::warning,
      "pool \"" + name + "\" forks a process that has " + std::to_string(threads) +
          " threads: a lock that another thread holds at this moment stays locked in the workers. "
          "Make process pools before threads");
}

// While a client is stopped its supervisor gets no further ahead with its news than the ring of
// death records goes: whatever the machine's sockets hold, this one holds what Linux gives by
// default, some 90 messages.
void bound_news(int supervisors_end) {
  const int bytes = 106'496;  // the kernel doubles it
  ::setsockopt(supervisors_end, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

}  // namespace

ProcessCore::ProcessCore(const ProcessPoolOptions& options)
    : name_(pool_name(options.name)),
      max_pending_(options.max_pending),
      on_memory_limit_(options.on_memory_limit),
      on_worker_death_(options.on_worker_death),
      checksum_results_(options.checksum_results),
      max_tasks_per_child_(options.max_tasks_per_child),
      has_initializer_(options.initializer),
      has_finalizer_(options.finalizer),
      fork_generation_(fork_generation()),
      source_(ProcessSource::take()),
      callbacks_(CallbackRunner::take("muster-callback")) {}

void ProcessCore::start(const ProcessPoolOptions& options) {
  check_pool_options(options);
  start_method_ = options.modules.empty() ? chosen_start_method(options.start_method)
                                          : start_method_with_modules(options.start_method);
  modules_ = modules_for(start_method_);
  code_moves_ = modules_.code_moves();
  cpus_ = usable_cpus();
  limits_ = prepare_limits(options.limits);
  make_segments(Geometry::choose(checked_workers(options, limits_), options.telemetry));
  budget_ = MemoryBudget::choose(options.max_shared_memory, geometry_.workers);
  tasks_.header().max_shared_memory.store(budget_.limit);
  start_supervisor(options);
  // While the supervisor makes the workers.
  try {
    segments_->allocate();
    segments_->drop_for_supervisor();
    await_answer(options);
    make_tables();
    start_pump();
    await_workers();
    if (life_ == Life::open) tasks_.header().state.store(PoolPhase::running);
    source_.adopt(*this, callbacks_);
    register_pool(*this);
    BlockRegistry::user_can_be_asked(*this);
  } catch (...) {
    give_up_start();
    throw;
  }
  release_pump(Pump::runs);
}

// The thread waits: there is nothing to pump, or never will be.
void ProcessCore::start_pump() {
  const SignalsBlocked blocked;
  try {
    pump_thread_ = std::make_unique<std::thread>([this] {
      while (pump_.load() == Pump::waits) futex_wait(pump_, Pump::waits);
      if (pump_.load() == Pump::runs) pump();
    });
  } catch (const std::system_error& e) {
    throw Error("cannot start a thread for pool \"" + name_ + "\": " + e.what());
  }
  pumps.fetch_add(1);
}

void ProcessCore::release_pump(Pump what) noexcept {
  pump_.store(what);
  futex_wake_all(pump_);
}

void ProcessCore::make_segments(const Geometry& geometry) {
  geometry_ = geometry;
  segments_.emplace(name_, geometry_, on_worker_death_ == OnWorkerDeath::replace);
  tasks_ = segments_->tasks();
  control_ = segments_->control();
  results_ = segments_->results();
  facts_ = segments_->facts();
  slots_ = SlotTable<>(control_.slot_lines());
  ring_ = HintRing<>(&control_.header().ends, control_.cells());
  parking_.emplace(control_.sleepers(), control_.park());
  for (std::uint32_t w = 0; w < geometry_.workers; ++w) parking_->forget(w);
  // Now, while the program may have one thread only: with several the kernel takes milliseconds to
  // make sure that all of them know, and later that would be in the middle of a submit.
  if (!include_in_shared_heavy_fences()) parking_->use_full_fences();
  has_heavy_fence();
}

void ProcessCore::make_tables() {
  types_.emplace(modules_, offer_, tasks_);
  no_memory_.emplace("the pool was given up because the program had no memory left for its work");
  no_memory_error_ = std::make_exception_ptr(*no_memory_);
  no_memory_for_bytes_ = std::make_exception_ptr(
      EncodingError("the client has no memory left for a task's arguments or its result"));
  arguments_ = Arena(tasks_.arguments(), geometry_.arguments_bytes, segments_->tasks_fd(),
                     geometry_.arguments_at());
  arguments_.set_kept(budget_.free_arguments);
  arguments_.set_sparing_at(budget_.argument_pages);
  in_flight_.set_up(geometry_.slots);
  returns_.emplace(tasks_, results_);
  telemetry_ = ClientTelemetry(tasks_, results_, segments_->tasks_fd());
  worker_pidfds_.resize(geometry_.workers);
  worker_groups_.resize(geometry_.workers);
  completions_seen_.resize(geometry_.workers);
  taken_in_.resize(geometry_.workers);
}

WorkerSettings ProcessCore::settings_for(const ProcessPoolOptions& options) const {
  WorkerSettings settings;
  settings.geometry = geometry_;
  settings.pool_name = name_;
  settings.client = ::getpid();
  settings.initializer = EncodedFunction::of(options.initializer, modules_);
  settings.finalizer = EncodedFunction::of(options.finalizer, modules_);
  settings.max_tasks_per_child = options.max_tasks_per_child;
  settings.spinners = spinners();
  settings.on_worker_death = options.on_worker_death;
  settings.restart_intensity = options.restart_intensity;
  settings.kill_grace_ns = std::min(options.kill_grace.nanoseconds(), kLongestGraceNs);
  settings.random_seed = next_pool_seed();
  settings.checksum_results = options.checksum_results;
  settings.budget = budget_;
  settings.limits = limits_;
  return settings;
}

ProcessCore::SupervisorEnds ProcessCore::make_ends() {
  int pair[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    throw Error("cannot make a socket for the pool: " + reason(errno));
  }
  socket_ = FileDescriptor(pair[0]);
  SupervisorEnds ends;
  ends.socket = FileDescriptor(pair[1]);
  bound_news(ends.socket.get());
  BlockChannel blocks = make_block_channel();
  blocks_socket_ = std::move(blocks.client);
  ends.blocks = std::move(blocks.workers);
  doorbell_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!doorbell_) throw Error("cannot make an event for the pool: " + reason(errno));
  ends.client = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!ends.client) throw Error("cannot let the pool watch its client: " + reason(errno));
  return ends;
}

SupervisorFiles ProcessCore::files_for(const SupervisorEnds& ends) {
  const auto& given = segments_->for_supervisor();
  return {given.tasks.fd(), given.control.fd(), given.results.fd(), given.facts.fd(),
          doorbell_.get(),  ends.blocks.get(),  ends.client.get()};
}

void ProcessCore::start_supervisor(const ProcessPoolOptions& options) {
  WorkerSettings settings = settings_for(options);
  SupervisorEnds ends = make_ends();
  switch (start_method_) {
    case StartMethod::forkserver: return ask_fork_server(settings, std::move(ends));
    case StartMethod::spawn:
      return spawn_supervisor(
          options.modules.empty() ? this_program() : worker_with(options.modules), settings,
          std::move(ends));
    default: return fork_supervisor(std::move(settings), std::move(ends));
  }
}

// In the child it does not return.
void ProcessCore::fork_supervisor(WorkerSettings settings, SupervisorEnds ends) {
  warn_of_threads(name_);
  warm_up_backtrace();
  flush_before_fork();
  // No handler of the program's runs in the child, not even between fork and reset_signals().
  const SignalsBlocked blocked;
  BlockRegistry::add_user(*this);
  const OwnFork own;
  supervisor_ = ::fork();
  if (supervisor_ == 0) become_supervisor(std::move(settings), std::move(ends));
  if (supervisor_ < 0) {
    throw Error("cannot fork the supervisor of pool \"" + name_ + "\": " + reason(errno));
  }
  watch_child();
}

// In the child. Without memory for this there is no supervisor, and the client hears that it ended.
void ProcessCore::become_supervisor(WorkerSettings settings, SupervisorEnds ends) noexcept {
  try {
    auto& given = segments_->for_supervisor();
    WorkerSetup setup;
    static_cast<WorkerSettings&>(setup) = std::move(settings);
    setup.tasks = std::move(given.tasks);
    setup.control = std::move(given.control);
    setup.results = std::move(given.results);
    setup.facts = std::move(given.facts);
    setup.doorbell = std::move(doorbell_);
    setup.blocks = std::move(ends.blocks);
    setup.modules = modules_;
    socket_.reset();
    blocks_socket_.reset();
    segments_->close_in_child();
    supervisor_main(std::move(setup), std::move(ends.socket), std::move(ends.client));
  } catch (...) {
    ::_exit(1);
  }
}

// How many workers may spin when idle: one CPU is the client's, and where they share few they would
// spin on each other's.
std::uint32_t ProcessCore::spinners() const {
  std::size_t most = cpus_ - 1;
  const std::size_t theirs = limits_.cpus.size();
  if (theirs != 0 && theirs < geometry_.workers) most = std::min(most, theirs - 1);
  return static_cast<std::uint32_t>(most);
}

void ProcessCore::ask_fork_server(const WorkerSettings& settings, SupervisorEnds ends) {
  BlockRegistry::add_user(*this);
  StartedSupervisor started = ForkServer::ask(settings, files_for(ends), ends.socket.get());
  supervisor_ = started.pid;
  supervisor_pidfd_ = std::move(started.pidfd);
}

void ProcessCore::watch_child() {
  supervisor_pidfd_ = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, supervisor_, 0)));
  if (supervisor_pidfd_) return;
  const int error = errno;
  // Without a pidfd its number is all there is; it is our child and not reaped, so it is its own.
  // Shut down and not closed: a process that was forked meanwhile may hold our end, too.
  ::shutdown(socket_.get(), SHUT_RDWR);
  while (::waitpid(supervisor_, nullptr, __WALL) < 0 && errno == EINTR) {
  }
  throw Error("cannot watch the supervisor of pool \"" + name_ + "\": " + reason(error));
}

// Until the supervisor says that all workers are made, or that they cannot be.
void ProcessCore::await_workers() {
  while (true) {
    auto news = await_message();
    if (!news) {
      throw Error("the supervisor of pool \"" + name_ + "\" (pid " + std::to_string(supervisor_) +
                  ") ended before its workers were made");
    }
    auto& [message, pidfd] = *news;
    if (message.kind == MessageKind::start_failed) {
      throw InvalidArgumentError("cannot make " + std::to_string(geometry_.workers) +
                                 " workers for pool \"" + name_ + "\": " + message.text +
                                 "; ask for fewer, or raise the limit");
    }
    if (message.kind == MessageKind::worker_started && !pidfd) {
      throw InvalidArgumentError("cannot watch " + std::to_string(geometry_.workers) +
                                 " workers of pool \"" + name_ +
                                 "\": this process has no file descriptors left; ask for fewer, or "
                                 "raise the limit (ulimit -n)");
    }
    if (message.kind == MessageKind::ready) return;
    handle_message(message, std::move(pidfd));
  }
}

// The supervisor sees the socket closed, ends what it has made, and goes.
void ProcessCore::give_up_start() noexcept {
  // Shut down first: a process that was forked meanwhile may hold our end, too.
  ::shutdown(socket_.get(), SHUT_RDWR);
  // It may have been killed.
  try {
    for (std::uint32_t w = 0; w < worker_groups_.size(); ++w) kill_group(w);
  } catch (const std::bad_alloc&) {
    // What initializers have started stays.
  }
  await_orphans(nullptr);
  socket_.reset();
  reap_supervisor();
  if (pump_thread_ == nullptr) return;
  release_pump(Pump::leaves);
  pump_thread_->join();
  pump_thread_.reset();
  pump_ended();
}

void ProcessCore::reap_supervisor() noexcept {
  if (!supervisor_pidfd_) return;
  pollfd exited{supervisor_pidfd_.get(), POLLIN, 0};
  int ended = 0;
  do {
    ended = ::poll(&exited, 1, -1);
  } while (ended < 0 && errno == EINTR);
  siginfo_t info{};
  // Once it has ended it is not waited for: a process that traces it may keep it for ever.
  const int options = WEXITED | __WALL | (ended > 0 ? WNOHANG : 0);
  // ECHILD where the program reaps, or ignores, all children: then it is gone already, or the
  // kernel sees to it.
  // By the pidfd: the number may be another child's by now.
  while (::waitid(P_PIDFD, static_cast<id_t>(supervisor_pidfd_.get()), &info, options) < 0 &&
         errno == EINTR) {
  }
}

ProcessCore::~ProcessCore() {
  BlockRegistry::remove_user(*this);  // before anything of it is gone, also where start() threw
  if (!usable_here()) {
    // Neither the thread nor the mappings are in this process: what is at their addresses now is
    // somebody else's. Only their handles are let go.
    (void)pump_thread_.release();
    if (segments_) (void)new PoolSegments(std::move(*segments_));
    return;
  }
  if (!pump_thread_) callbacks_.stop();  // start() threw; else finish() has done it
  Lock lock(mutex());
  const std::uint64_t kept = returns_ ? returns_->kept_blocks() : 0;
  boost::interprocess::mapped_region results;
  if (segments_) results = segments_->take_results_region();
  source_.retire(std::move(results), kept);
}

void ProcessCore::pump_ended() { pumps.fetch_sub(1); }

}  // namespace muster::detail
