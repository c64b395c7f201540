#pragma once

#include <sys/types.h>

#include <exception>

namespace bench {

// What ends the wait for something that was started, when a signal asks the program to end.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

// From here on the first SIGINT or SIGTERM ends nothing: it is told by what is below, so that what
// was measured can be written. The second ends the program at once. One that is ignored stays so.
void catch_interrupts();

// The first signal; 0: there was none.
int interruption();
// "SIGINT".
const char* signal_name(int signal);

// Readable from the first signal on; -1, which poll() passes over, where they are not caught.
int interruption_fd();

// The process group that a second signal ends with the program; 0: none.
void end_with_program(pid_t group);

}  // namespace bench
