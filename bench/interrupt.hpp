#pragma once

#include <sys/types.h>

#include <exception>
#include <string>

namespace bench {

// What ends the wait for something that was started, when a signal asks the program to end.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

// From here on the first SIGINT, SIGTERM, SIGHUP, SIGQUIT or SIGPIPE ends nothing: it is told by
// what is below, so that what was measured can be written and what was made be removed. The second
// ends the patience with what runs, and the third the program at once. One that is ignored stays
// so.
void catch_interrupts();

// As if this signal had come, if none has.
void interrupt(int signal);

// The first signal; 0: there was none.
int interruption();
// "SIGINT".
std::string signal_name(int signal);

// Whether there was a second one: what was started is to be killed and not asked to end. (A second
// SIGPIPE is none: that is what each further write gets.)
bool is_impatient();

// Readable from the first signal on; -1, which poll() passes over, where they are not caught.
int interruption_fd();

// The process group that a second and third signal kill; 0: none.
void end_with_program(pid_t group);

}  // namespace bench
