#include <muster/init.hpp>

#include "lib/start/fork_server.hpp"
#include "lib/start/init_hooks.hpp"
#include "lib/start/spawn.hpp"
#include "lib/start/start_method.hpp"

namespace muster {

void init() {
  detail::note_init();  // also for a pool that a task makes
  const int socket = detail::take_spawned_socket();
  if (socket >= 0) detail::serve_spawned(socket, detail::ProgramKind::same);
  detail::ForkServer::start();
  detail::run_init_hooks();
}

}  // namespace muster
