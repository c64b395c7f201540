#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

namespace muster::detail {

// The CPUs that a thread may run on, by the system's numbers, ascending. `thread` 0: this one.
// Empty, and errno: the kernel does not say.
std::vector<unsigned> affinity(pid_t thread);

// False, and errno, where the kernel refuses. It leaves out, and does not say so, CPUs that are not
// there or that the thread's cpuset does not have.
bool set_affinity(pid_t thread, const std::vector<unsigned>& cpus);

// All that this thread could be allowed: those of its cpuset. Asks by trying, and sets back what
// was. Empty where the kernel does not say.
std::vector<unsigned> allowed_cpus();

}  // namespace muster::detail
