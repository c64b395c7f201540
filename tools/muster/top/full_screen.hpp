#pragma once

#include "session.hpp"
#include "terminal.hpp"
#include "tools/muster/exit_code.hpp"

namespace muster_tool::top {

// Shows the session until its user ends it. Returns the signal that has ended it, 0 where none has.
int show(Terminal& terminal, Session& session);

}  // namespace muster_tool::top
