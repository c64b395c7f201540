#pragma once

#include <string>

namespace prove {

// Where each thread of this process is, by /proc: its name, and where it sleeps in the kernel; of
// one that waits for a futex, whose it is, what it holds now, and what follows. In a mutex of glibc
// that is: its state, a count, the thread that holds it. So a lock that is lost shows.
std::string describe_threads();

}  // namespace prove
