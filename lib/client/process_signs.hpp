#pragma once

// What the kernel says of a process from which nothing is heard: whether it could have done
// anything meanwhile. Time that passes is no proof of that.

#include <pthread.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace muster::detail {

enum class ProcessLife {
  lives,
  stopped,  // by a signal or a debugger
  ends,     // its memory is written out or taken down, which may take long, or it is not reaped yet
  gone,
  unknown,  // this process has no descriptor left to look, or may not
};

struct ProcessSigns {
  ProcessLife life = ProcessLife::unknown;
  std::uint64_t on_cpu = 0;  // for how long it has had a processor, in nanoseconds; 0: not known
};

// 0: this process.
ProcessSigns signs_of(pid_t pid);

// From the texts of its stat and its status (proc(5)).
ProcessLife life_in(std::string_view stat, std::string_view status);

// Of a thread of this process that was not joined; none where it has ended.
std::optional<std::uint64_t> time_on_cpu(pthread_t thread);

}  // namespace muster::detail
