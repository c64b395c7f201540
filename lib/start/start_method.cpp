#include "lib/start/start_method.hpp"

#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <string_view>

#include <muster/error.hpp>

#include "lib/start/fork_server.hpp"
#include "lib/start/spawn.hpp"

namespace muster::detail {

namespace {

// Inherited by children: whatever they are, the program's main calls it.
std::atomic<bool> init_called{false};

constexpr const char* kVariable = "MUSTER_START_METHOD";

StartMethod from_environment() {
  const char* const text = ::secure_getenv(kVariable);
  if (text == nullptr || *text == '\0') return StartMethod::automatic;
  const std::string_view name = text;
  if (name == "automatic") return StartMethod::automatic;
  if (name == "fork") return StartMethod::fork;
  if (name == "forkserver") return StartMethod::forkserver;
  if (name == "spawn") return StartMethod::spawn;
  throw InvalidArgumentError(std::string(kVariable) + " is \"" + text +
                             "\" in the environment; it is automatic, fork, forkserver or spawn");
}

[[noreturn]] void throw_no_init(const char* method, const char* why) {
  throw InvalidStateError(std::string("StartMethod::") + method +
                          " needs muster::init() at the top of main, before any thread: " + why);
}

void check_privileges() {
  const std::string changed = ForkServer::changed_privileges();
  if (changed.empty()) return;
  throw InvalidStateError(
      "workers of StartMethod::forkserver would have other privileges than this program has now, "
      "since they are copies of it as it was at muster::init(): " +
      changed +
      ". Call muster::init() once the privileges are what they are to be, or make the pool with "
      "another start method");
}

// The kernel takes a program that is run with other rights than its user's for one that must not
// believe its environment.
void check_that_one_user_runs_this() {
  if (::getuid() == ::geteuid() && ::getgid() == ::getegid()) return;
  throw InvalidStateError("a pool cannot be spawned while the program's effective user or group (" +
                          std::to_string(::geteuid()) + ", " + std::to_string(::getegid()) +
                          ") is not its real one (" + std::to_string(::getuid()) + ", " +
                          std::to_string(::getgid()) + "): set both first (setresuid, setresgid)");
}

bool file_gives_rights() {
  const char* const program = "/proc/self/exe";
  struct stat status {};
  const bool sets_id = ::stat(program, &status) != 0 || (status.st_mode & (S_ISUID | S_ISGID)) != 0;
  return sets_id || ::getauxval(AT_SECURE) != 0 ||
         ::getxattr(program, "security.capability", nullptr, 0) > 0;
}

// Run again, it would have the rights of its file once more, whatever it has given up.
void check_that_program_may_be_run_again() {
  if (file_gives_rights()) {
    throw InvalidStateError(
        "StartMethod::spawn is refused in a program that its file gives more rights than its user "
        "has (set-user-ID, set-group-ID, file capabilities): run again, it would have them again "
        "in its workers. Make the pool with StartMethod::forkserver or fork");
  }
  check_that_one_user_runs_this();
}

void check_that_this_is_no_spawned_run() {
  if (spawned_and_not_serving()) {
    throw InvalidStateError(
        "this run of the program is to serve a pool's tasks and makes a pool of its own before it "
        "calls muster::init(); call muster::init() at the top of main, and make no pool before "
        "main, nor while a module is loaded (MUSTER_WORKER names a muster-worker, not a program "
        "that makes pools)");
  }
}

}  // namespace

void note_init() { init_called.store(true); }

StartMethod start_method_with_modules(StartMethod asked) {
  check_that_this_is_no_spawned_run();
  if (asked == StartMethod::automatic || asked == StartMethod::spawn) {
    check_that_one_user_runs_this();
    return StartMethod::spawn;
  }
  throw InvalidArgumentError(
      "a pool with ProcessPoolOptions::modules is started by StartMethod::spawn, which automatic "
      "is then: fork and forkserver make copies of this program, and the tasks of modules are run "
      "by muster-worker");
}

StartMethod chosen_start_method(StartMethod asked) {
  check_that_this_is_no_spawned_run();
  if (asked == StartMethod::automatic) {
    asked = from_environment();
    // Inherited by a worker or another child of the program that the environment was made for.
    const bool in_child = init_called.load() && !ForkServer::here();
    if (asked == StartMethod::forkserver && in_child) asked = StartMethod::automatic;
  }
  if (asked == StartMethod::automatic) {
    asked = ForkServer::here() ? StartMethod::forkserver : StartMethod::fork;
  }
  if (asked == StartMethod::spawn && !init_called.load()) {
    throw_no_init("spawn", "there, a fresh run of the program becomes the workers");
  }
  if (asked == StartMethod::forkserver && !ForkServer::here()) {
    throw_no_init("forkserver", init_called.load()
                                    ? "this process was forked since, and has not called it itself"
                                    : "workers are copies of the program as it is there");
  }
  if (asked == StartMethod::forkserver) check_privileges();
  if (asked == StartMethod::spawn) check_that_program_may_be_run_again();
  return asked;
}

}  // namespace muster::detail
