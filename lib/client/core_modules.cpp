// The start of a pool whose workers are muster-worker's, up to what it says of its modules.

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

namespace muster::detail {

namespace {

// What it does when it ends of itself takes no longer.
constexpr std::int64_t kLastWordsNs = 1'000'000'000;

// A modules_timeout that is longer is for ever.
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

// Its answer, after what it says of each module that it opens.
ProcessCore::News ProcessCore::await_host(const ProcessPoolOptions& options) const {
  const Deadline until = deadline_of(options.modules_timeout);
  const std::string who = "muster-worker (pid " + std::to_string(supervisor_) + ")";
  std::string doing = " before it opened the modules of pool \"" + name_ + "\"";
  while (true) {
    if (!await_news(until)) {
      kill_supervisor();
      throw Error(who + " was killed because modules_timeout (" +
                  seconds_text(options.modules_timeout) + ") was over" + doing +
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

// Whether the workers have what they are to run before the first task and after the last.
void ProcessCore::check_functions(const ProcessPoolOptions& options) const {
  for (const PortableFunction* function : {&options.initializer, &options.finalizer}) {
    const EncodedFunction encoded = EncodedFunction::of(*function, modules_);
    if (encoded && is_named(encoded.thunk)) offer_.check(encoded.thunk);
  }
}

}  // namespace muster::detail
