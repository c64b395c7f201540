#include "lib/start/spawn.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <muster/codec.hpp>
#include <muster/error.hpp>
#include <muster/log.hpp>

#include "lib/codec/code_places.hpp"
#include "lib/codec/heap_region.hpp"
#include "lib/common/exception_text.hpp"
#include "lib/common/small_file.hpp"
#include "lib/start/worker_program.hpp"
#include "lib/supervisor/messages.hpp"
#include "lib/supervisor/supervisor.hpp"
#include "worker/crash_handler.hpp"
#include "worker/output.hpp"

namespace muster::detail {

namespace {

constexpr const char* kVariable = "MUSTER_SUPERVISOR_SOCKET";
constexpr int kSocket = STDERR_FILENO + 1;

std::string reason(int error) { return std::generic_category().message(error); }

// The actions of one posix_spawn.
class Actions {
 public:
  Actions() {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawnattr_init(&attributes_);
  }
  ~Actions() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;

  posix_spawn_file_actions_t* files() { return &files_; }
  posix_spawnattr_t* attributes() { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

std::string first_argument() {
  std::string all = read_small_file("/proc/self/cmdline");
  return all.substr(0, all.find('\0'));
}

}  // namespace

SpawnedProgram this_program() {
  // The kernel's link rather than its text: the file may have been replaced or deleted.
  return {"/proc/self/exe", {first_argument()}, "this program again"};
}

SpawnedProgram worker_with(const std::vector<std::string>& modules) {
  SpawnedProgram program{worker_program(), {"muster-worker"}, ""};
  program.what = program.file;
  for (const std::string& module : modules) {
    program.arguments.push_back("--module=" + module);
  }
  return program;
}

pid_t spawn_program(const SpawnedProgram& program, const std::string& pool, int socket) {
  Actions actions;
  // Also where they are the same: then it is left open.
  ::posix_spawn_file_actions_adddup2(actions.files(), socket, kSocket);
  ::posix_spawn_file_actions_addclosefrom_np(actions.files(), kSocket + 1);
  // A terminal's signals reach the client alone, also before init().
  ::posix_spawnattr_setflags(actions.attributes(), POSIX_SPAWN_SETPGROUP);
  ::posix_spawnattr_setpgroup(actions.attributes(), 0);

  // First, where given_socket() finds it. clearenv() leaves no list at all.
  std::string variable = std::string(kVariable) + "=" + std::to_string(kSocket);
  std::vector<char*> environment{variable.data()};
  const std::size_t length = std::strlen(kVariable);
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const bool ours = std::strncmp(*each, kVariable, length) == 0 && (*each)[length] == '=';
    if (!ours) environment.push_back(*each);
  }
  environment.push_back(nullptr);
  std::vector<std::string> given = program.arguments;
  std::vector<char*> arguments;
  for (std::string& argument : given) arguments.push_back(argument.data());
  arguments.push_back(nullptr);

  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, program.file.c_str(), actions.files(), actions.attributes(),
                                  arguments.data(), environment.data());
  if (error != 0) {
    throw Error("cannot run " + program.what + " for the supervisor of pool \"" + pool +
                "\": " + reason(error));
  }
  return pid;
}

void send_answer(int socket, const SpawnAnswer& answer) {
  HeapRegion region;
  Encoder out(nullptr, nullptr, &region);
  out.write(answer);
  const FileDescriptor file = file_with(out.data(), out.size());
  Message message;
  message.kind = MessageKind::answer;
  send_message(socket, message, SendMode::wait, file.get());
}

SpawnAnswer read_answer(const FileDescriptor& file) {
  const std::vector<std::byte> bytes = bytes_in(file);
  Decoder in(bytes.data(), bytes.size());
  SpawnAnswer answer = in.read<SpawnAnswer>();
  check_all_read(in);
  return answer;
}

namespace {

// Inherited by children, which have no socket of their own to take.
std::atomic<bool> socket_taken{false};
std::atomic<bool> serving{false};

// By the environment that this process began with, also where main has cleared it before init().
// Whoever asks for a pool may have this process open any library: in a program that has more rights
// than its user (set-user-ID, file capabilities) the environment, the user's, does not count.
int given_socket() {
  static const int socket = [] {
    if (::getauxval(AT_SECURE) != 0) return -1;
    // Of a program that main starts before init(), and that has inherited all this.
    if (::getpgrp() != ::getpid()) return -1;
    const std::string began_with = read_small_file("/proc/self/environ");
    const std::string variable = std::string(kVariable) + "=";
    int number = -1;
    if (began_with.starts_with(variable)) {
      std::from_chars(began_with.data() + variable.size(), began_with.data() + began_with.size(),
                      number);
    } else if (const char* const text = std::getenv(kVariable); text != nullptr) {
      std::from_chars(text, text + std::strlen(text), number);
    }
    return number;
  }();
  return socket;
}

// Until a supervisor looks at the socket nobody does. The client's thread that has started this
// process waits for its answer.
void end_with_client() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd gone{given_socket(), 0, 0};
  if (::poll(&gone, 1, 0) > 0 && (gone.revents & POLLHUP) != 0) ::_exit(0);
}

// Before main, which may take long, or for ever, on its way to muster::init().
[[maybe_unused]] const bool ends_with_client = [] {
  const bool spawned = std::getenv(kVariable) != nullptr && given_socket() >= 0;
  if (spawned) end_with_client();
  return spawned;
}();

}  // namespace

bool spawned_and_not_serving() { return !serving.load() && given_socket() >= 0; }

int take_spawned_socket() {
  if (socket_taken.load() || given_socket() < 0) return -1;
  socket_taken.store(true);
  ::unsetenv(kVariable);
  return given_socket();
}

void serve_spawned(int given, ProgramKind kind, SpawnAnswer answer) {
  FileDescriptor socket(given);
  serving.store(true);
  ::prctl(PR_SET_PDEATHSIG, 0);
  ::fcntl(given, F_SETFD, FD_CLOEXEC);
  try {
    auto request = receive_start_request(socket.get());
    if (!request) ::_exit(0);  // the client has gone meanwhile
    ModuleMatch match = adopt_modules(request->modules, kind);
    if (!match.differences.empty()) {
      answer.refusal =
          "the files that workers run are not those that this program runs; were they built anew "
          "since it started?" +
          match.differences;
    }
    answer.missing.assign(match.missing.begin(), match.missing.end());
    if (answer.refusal.empty()) answer.bases = own_bases(request->modules.size());
    send_answer(socket.get(), answer);
    if (!answer.refusal.empty()) ::_exit(0);
    request->setup.modules =
        ModuleTable::first(request->modules.size()).without(std::move(match.missing));
    warm_up_backtrace();
    flush_before_fork();  // what was printed on the way here
    supervisor_main(std::move(request->setup), std::move(socket), std::move(request->client));
  } catch (...) {
    // The client hears that it ended, and this says why.
    log(LogLevel::error, "a supervisor that was spawned cannot start: " +
                             describe_exception(std::current_exception()));
    ::_exit(1);
  }
}

}  // namespace muster::detail
