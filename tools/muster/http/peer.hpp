#pragma once

#include <sys/types.h>

#include <optional>

namespace muster_tool::http {

// The user whose program is at the other end of this TCP connection, where that is on this machine.
// None where it is not, or has gone already. Thread safe.
std::optional<uid_t> peer_user(int socket);

}  // namespace muster_tool::http
