#include "lib/start/fork_server.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <string>
#include <system_error>

#include <muster/error.hpp>
#include <muster/log.hpp>

#include "lib/codec/module_registry.hpp"
#include "lib/codec/thread_stack.hpp"
#include "lib/common/exception_text.hpp"
#include "lib/common/fork_guard.hpp"
#include "lib/common/record_socket.hpp"
#include "lib/common/signals.hpp"
#include "lib/start/privileges.hpp"
#include "lib/supervisor/supervisor.hpp"
#include "worker/crash_handler.hpp"
#include "worker/output.hpp"

namespace muster::detail {

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

FileDescriptor open_pidfd(pid_t pid) {
  return FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

// What is known of the server. Written once in a process, under the lock.
struct Known {
  FileDescriptor socket;
  FileDescriptor pidfd;
  pid_t pid = 0;
  std::size_t modules = 0;
  std::string privileges;
  std::uint32_t generation = 0;  // fork_generation() of the process that made it
};
ForkSafeMutex mutex;
// Never destroyed: pools may be made while static objects are.
Known& known() {
  static auto* const one = new Known;
  return *one;
}

struct Reply {
  std::int32_t pid = 0;
  std::int32_t error = 0;  // of fork or pidfd_open
};

bool has_ended(const FileDescriptor& client) {
  pollfd ended{client.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) > 0;
}

// The client's may have changed since the server was made.
void adopt(const ResourceLimits& limits) {
  for (std::size_t resource = 0; resource < limits.size(); ++resource) {
    if (::setrlimit(static_cast<__rlimit_resource_t>(resource), &limits[resource]) != 0) {
      throw Error("cannot give the supervisor the client's resource limit " +
                  std::to_string(resource) + ": " + reason(errno));
    }
  }
}

// Of the child.
[[noreturn]] void become_supervisor(StartRequest request) noexcept {
  try {
    adopt(request.limits);
    request.setup.modules = ModuleTable::first(request.module_count);
    request.reply.reset();
    supervisor_main(std::move(request.setup), std::move(request.socket), std::move(request.client));
  } catch (...) {
    // The client hears that it ended, and this says why.
    log(LogLevel::error, "a supervisor that the fork server made cannot start: " +
                             describe_exception(std::current_exception()));
    ::_exit(1);
  }
}

// In the server.
void fork_supervisor(StartRequest request) {
  const pid_t pid = ::fork();
  if (pid == 0) become_supervisor(std::move(request));
  Reply reply;
  FileDescriptor pidfd;
  if (pid < 0) {
    reply.error = errno;
  } else {
    reply.pid = pid;
    pidfd = open_pidfd(pid);
    if (!pidfd) reply.error = errno;
  }
  const int file = pidfd.get();
  // If nobody hears it the client is gone, or sees that nothing came. The socket is new and empty.
  (void)send_record(request.reply.get(), &reply, sizeof(reply), {&file, pidfd ? 1U : 0U},
                    MSG_DONTWAIT);
}

[[noreturn]] void serve(FileDescriptor socket, FileDescriptor client) {
  reset_signals();
  ::setpgid(0, 0);  // a terminal's signals reach the client alone
  ::prctl(PR_SET_NAME, "muster-forkserv");
  // Its children reap themselves. They set it back (reset_signals).
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGCHLD, &ignore, nullptr);
  while (true) {
    pollfd fds[] = {{socket.get(), POLLIN, 0}, {client.get(), POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0 && errno != EINTR) ::_exit(1);
    if (fds[1].revents != 0 || has_ended(client)) ::_exit(0);
    if (fds[0].revents == 0) continue;
    try {
      auto request = receive_start_request(socket.get());
      if (!request) ::_exit(0);
      fork_supervisor(std::move(*request));
    } catch (const std::exception& e) {
      // The client sees that its request was dropped.
      log(LogLevel::error, std::string("the fork server cannot start a pool: ") + e.what());
    }
  }
}

void warn_of_threads() {
  struct stat status {};
  if (::stat("/proc/self/task", &status) != 0 || status.st_nlink <= 3) return;
  log(LogLevel::warning,
      "muster::init() was called while this program had " + std::to_string(status.st_nlink - 2) +
          " threads: a lock that another thread held then stays locked in the workers of "
          "StartMethod::forkserver. Call it at the top of main");
}

}  // namespace

void ForkServer::start() {
  if (here()) return;
  int pair[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    throw Error("muster::init() cannot make a socket for its fork server: " + reason(errno));
  }
  FileDescriptor ours(pair[0]);
  FileDescriptor theirs(pair[1]);
  FileDescriptor client = open_pidfd(::getpid());
  if (!client) {
    throw Error("muster::init() cannot let its fork server watch this program: " + reason(errno));
  }
  warn_of_threads();
  const std::size_t modules = ModuleRegistry::refresh();
  std::string rights = privileges();
  // What is asked of the system once in a process, each pool would ask for anew.
  warm_up_backtrace();
  (void)thread_stack();
  flush_before_fork();
  const SignalsBlocked blocked;
  pid_t pid = 0;
  {
    const OwnFork own;
    pid = ::fork();
  }
  if (pid == 0) {
    ours.reset();
    serve(std::move(theirs), std::move(client));
  }
  if (pid < 0) throw Error("muster::init() cannot fork its fork server: " + reason(errno));
  FileDescriptor pidfd = open_pidfd(pid);
  if (!pidfd) throw Error("muster::init() cannot watch its fork server: " + reason(errno));
  const std::lock_guard lock(mutex);
  known() = {std::move(ours), std::move(pidfd), pid, modules, std::move(rights), fork_generation()};
}

bool ForkServer::here() {
  const std::lock_guard lock(mutex);
  return known().pid != 0 && known().generation == fork_generation();
}

std::string ForkServer::changed_privileges() {
  return detail::changed_privileges(known().privileges, privileges());
}

ModuleTable ForkServer::modules() { return ModuleTable::first(known().modules); }

StartedSupervisor ForkServer::ask(const WorkerSettings& settings, const SupervisorFiles& files,
                                  int supervisors_end) {
  const Known& server = known();
  const std::string whom = "the fork server (pid " + std::to_string(server.pid) + ")";
  int pair[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    throw Error("cannot make a socket for the pool: " + reason(errno));
  }
  const FileDescriptor ours(pair[0]);
  FileDescriptor theirs(pair[1]);
  // Where it has ended already, no reply comes.
  (void)send_start_request(server.socket.get(), whom, settings, {}, server.modules, files,
                           SocketsAlong{supervisors_end, theirs.get()});
  theirs.reset();
  pollfd fds[] = {{ours.get(), POLLIN, 0}, {server.pidfd.get(), POLLIN, 0}};
  while (::poll(fds, 2, -1) < 0) {
  }
  Reply reply;
  StartedSupervisor started;
  ssize_t got = 0;
  do {
    got = receive_record(ours.get(), &reply, sizeof(reply), {&started.pidfd, 1}, MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof(reply)) {
    throw Error(whom +
                " that muster::init() made has ended or could not heed what was asked, so "
                "pool \"" +
                settings.pool_name + "\" cannot be made; StartMethod::spawn does without it");
  }
  if (reply.error != 0) {
    throw Error(whom + " cannot fork the supervisor of pool \"" + settings.pool_name +
                "\": " + reason(reply.error));
  }
  if (!started.pidfd) {
    throw Error("this process has no file descriptor left to watch the supervisor of pool \"" +
                settings.pool_name + "\" by; raise the limit (ulimit -n)");
  }
  started.pid = reply.pid;
  return started;
}

}  // namespace muster::detail
