#pragma once

#include <string>
#include <vector>

namespace muster::detail {

// What muster-worker does for a pool: opens the modules, tells the client what tasks they have, and
// becomes the pool's supervisor. `socket` is from take_spawned_socket(). It ends with its client,
// also while a module that is loaded hangs.
[[noreturn]] void host_tasks(int socket, const std::vector<std::string>& modules);

}  // namespace muster::detail
