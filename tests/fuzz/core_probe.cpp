#include "fuzz/core_probe.hpp"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <system_error>

namespace muster::detail {

namespace bip = boost::interprocess;

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Of a child that has ended and is not reaped, one for all probes: to whoever polls it, a worker
// that is gone.
int pidfd_of_the_dead() {
  static const int pidfd = [] {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    siginfo_t info{};
    if (child < 0 || fd < 0 ||
        ::waitid(P_PIDFD, static_cast<id_t>(fd), &info, WEXITED | WNOWAIT) != 0) {
      fail("a process that has ended");
    }
    return fd;
  }();
  return pidfd;
}

std::byte* address(const bip::mapped_region& region) {
  return static_cast<std::byte*>(region.get_address());
}

Geometry geometry_for(const ProcessPoolOptions& options, CoreProbe::Room room) {
  Geometry g = Geometry::choose(options.max_workers);
  if (room.few_slots) {
    g.slots = CoreProbe::kFewSlots;
    g.ring_cells = 2 * CoreProbe::kFewSlots;
  }
  constexpr std::size_t kFewPages = 4;
  if (room.few_arguments) g.arguments_bytes = kFewPages * kPage;
  return g;
}

}  // namespace

CoreProbe::CoreProbe(const ProcessPoolOptions& options, Room room)
    : core_(std::make_shared<ProcessCore>(options)) {
  ProcessCore& core = *core_;
  core.modules_ = ModuleTable::snapshot();
  core.make_segments(geometry_for(options, room));
  auto& writable = core.segments_->for_supervisor();
  results_ = map_shared(writable.results, bip::read_write, 0, core.geometry_.results_bytes());
  facts_ = map_shared(writable.facts, bip::read_write, 0, core.geometry_.facts_bytes());
  views_ = {core.tasks_,
            core.control_,
            {address(results_), core.geometry_},
            {address(facts_), core.geometry_}};
  core.segments_->drop_for_supervisor();
  core.make_tables();
  int pair[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) fail("socketpair");
  core.socket_ = FileDescriptor(pair[0]);
  supervisors_end_ = FileDescriptor(pair[1]);
  core.doorbell_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!core.doorbell_) fail("eventfd");
  core.tasks_.header().state.store(PoolPhase::running);
  core.source_.adopt(core, core.callbacks_);
}

CoreProbe::~CoreProbe() { end(); }

std::optional<TaskTag> CoreProbe::tag(std::uint32_t slot) const {
  if (!core_->in_flight_.in_use(slot)) return std::nullopt;
  return core_->in_flight_[slot].tag;
}

void CoreProbe::say(const Message& message, bool with_pidfd) {
  send_message(supervisors_end_.get(), message, SendMode::at_once,
               with_pidfd ? pidfd_of_the_dead() : -1);
}

// Not read where there is no room: then the client has heard enough.
void CoreProbe::say_bytes(std::span<const std::uint8_t> bytes) {
  (void)::send(supervisors_end_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void CoreProbe::pump_once() {
  {
    const ProcessCore::Lock lock(core_->mutex());
    core_->take_completions();
    core_->refill();
    core_->enforce_timeouts();
  }
  // After the news of the end the pump is gone, too.
  if (listening_) listening_ = core_->handle_messages();
}

void CoreProbe::take_in_after(const std::function<void()>& first) {
  const ProcessCore::Lock lock(core_->mutex());
  first();
  core_->harvest_all();
}

bool CoreProbe::ask_to_kill() {
  const ProcessCore::Lock lock(core_->mutex());
  return core_->ask_to_kill();
}

unsigned CoreProbe::read_requests_to_kill() {
  unsigned requests = 0;
  Message message;
  FileDescriptor none;
  while (receive_message(supervisors_end_.get(), message, none) == ReceiveResult::message) {
    if (message.kind == MessageKind::kill_task) ++requests;
  }
  return requests;
}

void CoreProbe::pump_once_or_give_up() {
  try {
    pump_once();
  } catch (const std::bad_alloc&) {
    give_up();
  }
}

void CoreProbe::give_up() {
  supervisors_end_.reset();
  core_->end_without_memory();
  listening_ = false;
}

void CoreProbe::audit() {
  const ProcessCore::Lock lock(core_->mutex());
  core_->audited_at_ns_ = 0;
  core_->audit();
}

void CoreProbe::close(bool cancel_pending) { core_->close(cancel_pending); }

void CoreProbe::end() {
  supervisors_end_.reset();
  while (listening_) pump_once();
}

}  // namespace muster::detail
