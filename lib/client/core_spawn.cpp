// The start of a pool whose supervisor is a fresh run of a program: this one, or muster-worker. Up
// to what it says of its modules.

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "lib/client/process_core.hpp"
#include "lib/codec/encoded_function.hpp"
#include "lib/common/deadline.hpp"
#include "lib/common/signals.hpp"
#include "lib/segments/layout.hpp"
#include "lib/start/module_match.hpp"
#include "lib/start/spawn.hpp"
#include "lib/start/start_request.hpp"

namespace muster::detail {

namespace {

// What it does when it ends of itself takes no longer.
constexpr std::int64_t kLastWordsNs = 1'000'000'000;

// A spawn_timeout that is longer is for ever.
Deadline deadline_of(Duration timeout) {
  return timeout.is_zero() ? Deadline::never() : Deadline::after(timeout);
}

int milliseconds_left(Deadline until) {
  if (until.is_never()) return -1;
  constexpr std::int64_t kMost = 1'000'000;
  return static_cast<int>(std::min((until.remaining().nanoseconds() + 999'999) / 1'000'000, kMost));
}

std::string seconds_text(Duration time) {
  std::string text = std::to_string(static_cast<double>(time.nanoseconds()) / 1e9);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text + " s";
}

}  // namespace

void ProcessCore::spawn_supervisor(const SpawnedProgram& program, const WorkerSettings& settings,
                                   SupervisorEnds ends) {
  BlockRegistry::add_user(*this);
  supervisor_ = spawn_program(program, name_, ends.socket.get());
  watch_child();
  // Where it has ended already, await_answer() says so.
  (void)send_start_request(socket_.get(), program.what, settings, marks_of(modules_.size()),
                           modules_.size(), files_for(ends));
}

// False: the time is over.
bool ProcessCore::await_news(Deadline until) const {
  while (true) {
    pollfd fds[] = {{socket_.get(), POLLIN, 0}, {supervisor_pidfd_.get(), POLLIN, 0}};
    if (::poll(fds, 2, milliseconds_left(until)) > 0) return true;
    if (until.expired()) return false;
  }
}

// "ended with exit status 3". Kills it where it goes on.
std::string ProcessCore::how_supervisor_ended() const {
  const Deadline until = Deadline::after(std::chrono::nanoseconds(kLastWordsNs));
  pollfd ended{supervisor_pidfd_.get(), POLLIN, 0};
  while (::poll(&ended, 1, milliseconds_left(until)) <= 0) {
    if (!until.expired()) continue;
    kill_supervisor();
    return "closed its socket to this program and went on, and was killed";
  }
  siginfo_t info{};
  const auto id = static_cast<id_t>(supervisor_pidfd_.get());
  // It stays to be reaped by give_up_start(). Where the program reaps or ignores all its children
  // nobody can say how it ended.
  if (::waitid(P_PIDFD, id, &info, WEXITED | WNOWAIT | WNOHANG | __WALL) != 0 || info.si_pid == 0) {
    return "ended";
  }
  if (info.si_code == CLD_EXITED) return "ended with exit status " + std::to_string(info.si_status);
  return std::string("was killed by ") + signal_name(info.si_status);
}

void ProcessCore::kill_supervisor() const {
  ::syscall(SYS_pidfd_send_signal, supervisor_pidfd_.get(), SIGKILL, nullptr, 0);
}

// The answer of a fresh run of this program, which has come to its muster::init().
ProcessCore::News ProcessCore::await_run(const ProcessPoolOptions& options) const {
  const std::string who = "the run of this program that was to start the workers of pool \"" +
                          name_ + "\" (pid " + std::to_string(supervisor_) + ")";
  if (!await_news(deadline_of(options.spawn_timeout))) {
    kill_supervisor();
    throw Error(who + " was killed because spawn_timeout (" + seconds_text(options.spawn_timeout) +
                ") was over before its muster::init() had answered; call that at the top of main, "
                "before what takes long");
  }
  auto news = await_message();
  if (!news) {
    throw Error(who + " " + how_supervisor_ended() +
                " before its muster::init() had answered; call that at the top of main, whatever "
                "the arguments");
  }
  return std::move(*news);
}

// The answer of muster-worker, after what it says of each module that it opens.
ProcessCore::News ProcessCore::await_host(const ProcessPoolOptions& options) const {
  const Deadline until = deadline_of(options.spawn_timeout);
  const std::string who = "muster-worker (pid " + std::to_string(supervisor_) + ")";
  std::string doing = " before it opened the modules of pool \"" + name_ + "\"";
  while (true) {
    if (!await_news(until)) {
      kill_supervisor();
      throw Error(who + " was killed because spawn_timeout (" +
                  seconds_text(options.spawn_timeout) + ") was over" + doing +
                  "; what a module runs when it is loaded may hang, or need more time");
    }
    auto news = await_message();
    if (!news) {
      throw Error(who + " " + how_supervisor_ended() + doing +
                  "; what it wrote to standard error may say more");
    }
    if (news->message.kind != MessageKind::loading) return std::move(*news);
    if (news->message.number != layout_hash()) {
      throw Error(who +
                  " is of another version of Muster than this program; MUSTER_WORKER in the "
                  "environment says which muster-worker is run, else it is the one installed with "
                  "the library");
    }
    doing = std::string(" while it opened the module ") + news->message.text + " of pool \"" +
            name_ + "\"";
  }
}

// What a fresh run of the program has of the modules that are here.
void ProcessCore::await_answer(const ProcessPoolOptions& options) {
  if (start_method_ != StartMethod::spawn) return check_functions(options);
  const News news = options.modules.empty() ? await_run(options) : await_host(options);
  if (news.message.kind != MessageKind::answer || !news.pidfd) {
    throw Error("the process that was to start the workers of pool \"" + name_ + "\" (pid " +
                std::to_string(supervisor_) +
                ") did not say which modules it has, or this process has no file descriptors left");
  }
  const SpawnAnswer answer = read_answer(news.pidfd);
  if (!answer.refusal.empty()) {
    throw Error("pool \"" + name_ + "\" cannot be spawned: " + answer.refusal);
  }
  modules_ = modules_.without({answer.missing.begin(), answer.missing.end()});
  code_places_ = CodePlaces(answer.bases);
  if (!options.modules.empty()) offer_ = TaskOffer(name_, answer.tasks);
  check_functions(options);
}

// Whether the workers have what they are to run before the first task and after the last.
void ProcessCore::check_functions(const ProcessPoolOptions& options) const {
  for (const PortableFunction* function : {&options.initializer, &options.finalizer}) {
    const EncodedFunction encoded = EncodedFunction::of(*function, modules_);
    if (encoded && is_named(encoded.thunk)) offer_.check(encoded.thunk);
  }
}

}  // namespace muster::detail
