#include "worker/limits/apply_limits.hpp"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <muster/error.hpp>

#include "lib/common/file_descriptor.hpp"
#include "lib/common/resident_memory.hpp"
#include "lib/limits/affinity.hpp"
#include "lib/limits/landlock.hpp"
#include "lib/limits/memory_node.hpp"

namespace muster::detail {

namespace {

[[noreturn]] void fail(const std::string& limit, int error) {
  throw Error("limits." + limit + ": " + std::generic_category().message(error));
}

// A fork has one. Where the worker is a program of its own, its static objects may have made more,
// and nice, CPUs and NUMA policy are each thread's own.
std::vector<pid_t> threads() {
  struct Close {
    void operator()(DIR* folder) const { ::closedir(folder); }
  };
  const std::unique_ptr<DIR, Close> folder(::opendir("/proc/self/task"));
  if (!folder) throw Error("limits: a worker cannot see its threads in /proc/self/task");
  std::vector<pid_t> all;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (const int thread = std::atoi(entry->d_name); thread > 0) all.push_back(thread);
  }
  return all;
}

// Libraries that have read their variable when they were loaded, and how they are told since.
struct ReadEarly {
  const char* variable;
  const char* function;  // void (int)
};
constexpr ReadEarly kReadEarly[] = {
    {"OMP_NUM_THREADS", "omp_set_num_threads"},
    {"OPENBLAS_NUM_THREADS", "openblas_set_num_threads"},
    {"MKL_NUM_THREADS", "MKL_Set_Num_Threads"},
};

void set_environment(const WorkerLimits& limits) {
  for (const auto& [name, value] : limits.environment) {
    if (::setenv(name.c_str(), value.c_str(), 1) != 0) fail("environment, " + name, errno);
    for (const ReadEarly& early : kReadEarly) {
      if (name != early.variable) continue;
      // Of a list, as OpenMP takes it, the first: the outermost team.
      const long threads_wanted = std::strtol(value.c_str(), nullptr, 10);
      void* const function = ::dlsym(RTLD_DEFAULT, early.function);
      if (function == nullptr || threads_wanted <= 0 || threads_wanted > INT_MAX) continue;
      reinterpret_cast<void (*)(int)>(function)(static_cast<int>(threads_wanted));
    }
  }
}

void set_scheduling(const PreparedLimits& limits) {
  const std::optional<int> nice = limits.asked.nice;
  if (!nice && limits.cpus.empty()) return;
  for (const pid_t thread : threads()) {
    if (nice && ::setpriority(PRIO_PROCESS, static_cast<id_t>(thread), *nice) != 0) {
      fail("nice " + std::to_string(*nice), errno);
    }
    if (limits.cpus.empty()) continue;
    if (!set_affinity(thread, limits.cpus)) fail("cpus", errno);
    // The kernel leaves those out that it does not have, and does not say so.
    if (affinity(thread) != limits.cpus) {
      throw Error("limits.cpus: some of them are not there any more, or not for this program");
    }
  }
}

void set_memory_node(std::optional<unsigned> node) {
  if (node && !bind_memory(*node)) fail("numa_node " + std::to_string(*node), errno);
}

// Soft and hard: a task does not raise it again. `hard` as far as the program's own allows it.
void set_limit(const char* name, __rlimit_resource resource, std::size_t soft, std::size_t hard) {
  rlimit now{};
  if (::getrlimit(resource, &now) != 0) fail(name, errno);
  const rlimit wanted{std::min<rlim_t>(soft, now.rlim_max), std::min<rlim_t>(hard, now.rlim_max)};
  if (::setrlimit(resource, &wanted) != 0) fail(name, errno);
}

void set_open_files(std::size_t most) {
  if (most == 0) return;
  set_limit("open_files", RLIMIT_NOFILE, most, most);
  const FileDescriptor another(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
  if (another || errno != EMFILE) return;
  throw Error(
      "limits.open_files is " + std::to_string(most) +
      ", and a worker has as many open to begin with, of the program's and of Muster's: ask "
      "for more");
}

void set_memory(std::size_t most) {
  if (most == 0) return;
  const std::size_t now = resident_memory().address_space;
  if (now == 0) throw Error("limits.memory_bytes: a worker cannot read /proc/self/statm");
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0) fail("memory_bytes", errno);
  if (now + most > limit.rlim_max) {
    throw Error("limits.memory_bytes is " + std::to_string(most) + ", a worker has " +
                std::to_string(now) + " bytes of address space to begin with, and the hard limit " +
                "of the program is " + std::to_string(limit.rlim_max) +
                " (ulimit -H -v, in KiB): ask for less, or raise it");
  }
  set_limit("memory_bytes", RLIMIT_AS, now + most, now + most);
}

void set_no_new_privileges(const PreparedLimits& limits) {
  const WorkerLimits& asked = limits.asked;
  if (!asked.no_new_privileges && !asked.files && limits.filter.empty()) return;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privileges", errno);
}

void set_files(const WorkerLimits& asked) {
  if (!asked.files) return;
  if (const std::size_t count = threads().size(); count != 1) {
    throw Error("limits.files holds for one thread and those that it makes, and the worker has " +
                std::to_string(count) +
                " to begin with: make them later than in constructors of static objects");
  }
  if (!enter_landlock(landlock_rules(*asked.files))) fail("files", errno);
}

void set_filter(const std::vector<std::uint64_t>& filter) {
  if (filter.empty()) return;
  std::vector<sock_filter> instructions(filter.size());
  std::ranges::transform(filter, instructions.begin(),
                         [](std::uint64_t each) { return std::bit_cast<sock_filter>(each); });
  const sock_fprog program{static_cast<unsigned short>(instructions.size()), instructions.data()};
  const long rc =
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  // Positive: a thread that has another filter.
  if (rc != 0) fail("deny_network and deny_processes", rc > 0 ? EBUSY : errno);
}

}  // namespace

void apply_limits(const PreparedLimits& limits) {
  set_environment(limits.asked);
  set_scheduling(limits);
  set_memory_node(limits.asked.numa_node);
  set_no_new_privileges(limits);
  set_files(limits.asked);
  set_filter(limits.filter);
  set_open_files(limits.asked.open_files);
  if (const std::size_t seconds = limits.asked.cpu_seconds; seconds != 0) {
    set_limit("cpu_seconds", RLIMIT_CPU, seconds, seconds + 1);
  }
  set_memory(limits.asked.memory_bytes);
}

}  // namespace muster::detail
