#include "lib/start/host.hpp"

#include <unistd.h>

#include <muster/error.hpp>

#include "lib/segments/layout.hpp"
#include "lib/start/spawn.hpp"
#include "lib/start/task_modules.hpp"
#include "lib/supervisor/messages.hpp"

namespace muster::detail {

namespace {

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
  serve_spawned(socket, ProgramKind::host, std::move(answer));
}

}  // namespace muster::detail
