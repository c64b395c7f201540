#include "lib/limits/prepare_limits.hpp"

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <string>
#include <system_error>

#include <muster/error.hpp>

#include "lib/limits/affinity.hpp"
#include "lib/limits/landlock.hpp"
#include "lib/limits/memory_node.hpp"
#include "lib/limits/numa_node.hpp"
#include "lib/limits/system_call_filter.hpp"

namespace muster::detail {

namespace {

// The kernel counts them in nanoseconds, in 64 bits.
constexpr std::size_t kMostSeconds = 9'000'000'000;

// `value` with `margin` more must fit under the program's hard limit.
void check_hard_limit(const char* name, std::size_t value, std::size_t margin, int resource,
                      const char* ulimit) {
  if (value == 0) return;
  if (value > std::numeric_limits<std::size_t>::max() / 2) {
    throw InvalidArgumentError(std::string("limits.") + name +
                               " cannot be negative, nor so large; 0: no limit");
  }
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0 ||
      limit.rlim_max == RLIM_INFINITY || value + margin <= limit.rlim_max) {
    return;
  }
  throw InvalidArgumentError(std::string("limits.") + name + " is " + std::to_string(value) +
                             ", and the program itself has a hard limit of " +
                             std::to_string(limit.rlim_max) + " (ulimit -H " + ulimit +
                             "): ask for " + (margin != 0 ? "less" : "no more than that") +
                             ", or raise it");
}

bool has_sys_nice() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  return ::syscall(SYS_capget, &header, data) == 0 &&
         (data[0].effective & (1U << CAP_SYS_NICE)) != 0;
}

void check_nice(int nice) {
  constexpr int kMostUrgent = -20;
  constexpr int kLeastUrgent = 19;
  if (nice < kMostUrgent || nice > kLeastUrgent) {
    throw InvalidArgumentError("limits.nice is " + std::to_string(nice) +
                               "; it is from -20, the most urgent, to 19");
  }
  if (nice >= ::getpriority(PRIO_PROCESS, 0) || has_sys_nice()) return;
  rlimit limit{};
  const bool allowed = ::getrlimit(RLIMIT_NICE, &limit) == 0 &&
                       static_cast<rlim_t>(kLeastUrgent + 1 - nice) <= limit.rlim_cur;
  if (allowed) return;
  throw InvalidArgumentError(
      "limits.nice is " + std::to_string(nice) +
      ", more urgent than this program, which has neither CAP_SYS_NICE nor " +
      "a limit that allows it (ulimit -e): ask for more, or raise that");
}

std::string list(const std::vector<unsigned>& numbers) {
  std::string text;
  for (const unsigned number : numbers) text += (text.empty() ? "" : ", ") + std::to_string(number);
  return text;
}

void check_cpus(const std::vector<unsigned>& cpus) {
  const std::vector<unsigned> allowed = allowed_cpus();
  if (allowed.empty()) {
    throw InvalidArgumentError(
        "limits.cpus: the kernel does not let this program choose its CPUs (" +
        std::generic_category().message(errno) + "); leave it out");
  }
  std::vector<unsigned> missing;
  std::ranges::set_difference(cpus, allowed, std::back_inserter(missing));
  if (missing.empty()) return;
  throw InvalidArgumentError("limits.cpus has " + list(missing) +
                             ", which is not there or not for this program; it may use " +
                             list(allowed));
}

// Ascending, each once.
std::vector<unsigned> cpus_of(const WorkerLimits& limits) {
  std::vector<unsigned> cpus = limits.cpus;
  if (limits.numa_node) {
    std::vector<unsigned> of_node = cpus_of_node(*limits.numa_node);
    if (!can_bind_memory(*limits.numa_node)) {
      throw InvalidArgumentError(
          "limits.numa_node: the kernel does not let this program bind its memory to a node (" +
          std::generic_category().message(errno) + "); say limits.cpus instead");
    }
    if (cpus.empty()) return of_node;
  }
  std::ranges::sort(cpus);
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  if (!cpus.empty()) check_cpus(cpus);
  return cpus;
}

void check_environment(const WorkerLimits& limits) {
  for (const auto& [name, value] : limits.environment) {
    const bool makes_sense = !name.empty() && name.find('=') == std::string::npos &&
                             name.find('\0') == std::string::npos &&
                             value.find('\0') == std::string::npos;
    if (makes_sense) continue;
    throw InvalidArgumentError("limits.environment has \"" + name.substr(0, name.find('\0')) +
                               "\", which cannot be a variable: a name is not empty and has no "
                               "'=', and neither it nor the value has a zero byte");
  }
}

void resolve_paths(const char* which, std::vector<std::string>& paths) {
  for (std::string& path : paths) {
    const std::string name = "limits.files." + std::string(which) + " has \"" + path + "\"";
    if (path.empty() || path.find('\0') != std::string::npos) {
      throw InvalidArgumentError(name + ", which is no path");
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      throw InvalidArgumentError(name + ", which cannot be found (" +
                                 std::generic_category().message(errno) +
                                 "): make it first, or leave it out");
    }
    // The program may change its folder before a worker is replaced.
    std::error_code error;
    path = std::filesystem::absolute(path, error).string();
    if (error) {
      throw InvalidArgumentError(name + ", and the program's own folder cannot be found (" +
                                 error.message() + "): say a path that begins with /");
    }
  }
}

void resolve_files(FileRules& files) {
  const int version = landlock_version();
  const int error = errno;
  if (version < kLeastLandlock) {
    std::string lacks;
    if (version != 0) {
      lacks = "this one's is version " + std::to_string(version);
    } else if (error == EOPNOTSUPP) {
      lacks = "on this one it is turned off: boot with landlock among lsm=";
    } else {
      lacks = "this one has none (" + std::generic_category().message(error) + ")";
    }
    throw InvalidArgumentError(
        "limits.files needs a kernel with Landlock of version 3 (Linux 6.2), and " + lacks +
        "; leave it out");
  }
  resolve_paths("read", files.read);
  resolve_paths("write", files.write);
}

}  // namespace

PreparedLimits prepare_limits(const WorkerLimits& limits) {
  check_hard_limit("memory_bytes", limits.memory_bytes, 0, RLIMIT_AS, "-v, in KiB");
  // SIGXCPU comes at the soft limit, and only if that is below the hard one.
  check_hard_limit("cpu_seconds", limits.cpu_seconds, 1, RLIMIT_CPU, "-t");
  if (limits.cpu_seconds > kMostSeconds) {
    throw InvalidArgumentError("limits.cpu_seconds is " + std::to_string(limits.cpu_seconds) +
                               ", and the kernel counts no more than " +
                               std::to_string(kMostSeconds) + "; 0: no limit");
  }
  check_hard_limit("open_files", limits.open_files, 0, RLIMIT_NOFILE, "-n");
  if (limits.resident_bytes > std::numeric_limits<std::size_t>::max() / 2) {
    throw InvalidArgumentError("limits.resident_bytes cannot be negative; 0: no limit");
  }
  if (limits.nice) check_nice(*limits.nice);
  check_environment(limits);
  PreparedLimits prepared;
  prepared.asked = limits;
  prepared.cpus = cpus_of(limits);
  if (prepared.asked.files) resolve_files(*prepared.asked.files);
  prepared.filter = system_call_filter({limits.deny_network, limits.deny_processes});
  return prepared;
}

}  // namespace muster::detail
