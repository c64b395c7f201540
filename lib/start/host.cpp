#include "lib/start/host.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <muster/error.hpp>

#include "lib/segments/layout.hpp"
#include "lib/start/spawn.hpp"
#include "lib/start/task_modules.hpp"
#include "lib/supervisor/messages.hpp"

namespace muster::detail {

namespace {

// While modules are loaded nobody looks at the socket. The client's thread that has started this
// process waits for it as long.
void die_with_client(int socket) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd gone{socket, 0, 0};
  if (::poll(&gone, 1, 0) > 0 && (gone.revents & POLLHUP) != 0) ::_exit(0);
}

void tell_which_is_next(int socket, const std::string& module) {
  Message message;
  message.kind = MessageKind::loading;
  message.number = layout_hash();
  message.set_text(module.c_str());
  send_message(socket, message, SendMode::wait);
}

[[noreturn]] void refuse(int socket, const std::string& why) {
  SpawnAnswer answer;
  answer.refusal = why;
  send_answer(socket, answer);
  ::_exit(1);
}

}  // namespace

void host_tasks(int socket, const std::vector<std::string>& modules) {
  die_with_client(socket);
  SpawnAnswer answer;
  const ModuleListener listener{
      [socket](const std::string& path) { tell_which_is_next(socket, path); },
      [socket](const std::string& sentence) { refuse(socket, sentence); }};
  try {
    open_task_modules(modules, listener);
    answer.tasks = offered_tasks();
  } catch (const Error& error) {
    refuse(socket, error.what());
  }
  ::prctl(PR_SET_PDEATHSIG, 0);
  serve_spawned(socket, ProgramKind::host, std::move(answer));
}

}  // namespace muster::detail
