// What the machine has, and what this process may have of it.

#include <errno.h>
#include <gnu/libc-version.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include <muster/detail/huge_pages.hpp>

#include "diagnosis.hpp"
#include "lib/common/cgroups.hpp"
#include "lib/common/cpus.hpp"
#include "lib/common/file_descriptor.hpp"
#include "lib/common/small_file.hpp"
#include "lib/segments/headroom.hpp"
#include "text.hpp"

namespace muster_tool {

namespace {

using Level = Diagnosis::Level;
using muster::detail::number_behind;
using muster::detail::read_number;
using muster::detail::read_small_file;

std::string one_line(std::string text) {
  text.erase(std::find(text.begin(), text.end(), '\n'), text.end());
  return text;
}

Diagnosis system() {
  utsname name{};
  ::uname(&name);
  return {"system", Level::fact,
          fmt::format("{} {} on {}, glibc {}", name.sysname, name.release, name.machine,
                      ::gnu_get_libc_version()),
          ""};
}

Diagnosis processors() {
  const std::size_t usable = muster::detail::usable_cpus();
  const long online = ::sysconf(_SC_NPROCESSORS_ONLN);
  std::string finding = fmt::format("{} of {} usable", usable, online);
  const double quota =
      muster::detail::cgroup_cpu_quota(read_small_file("/proc/self/cgroup"), "/sys/fs/cgroup");
  if (quota > 0) finding += fmt::format(", by a cgroup's quota of {:.2f}", quota);
  if (usable > 1) return {"CPUs", Level::fine, finding + ", so many workers by default", ""};
  return {"CPUs", Level::less, finding,
          "client and workers take turns: nobody spins, and each task costs switches"};
}

Diagnosis clock() {
  const std::string text = read_small_file("/proc/cpuinfo");
  const bool steady = text.find(" constant_tsc") != std::string::npos &&
                      text.find(" nonstop_tsc") != std::string::npos;
  if (steady) {
    return {"time stamp counter", Level::fine, "has one rate, also while a CPU sleeps", ""};
  }
  return {"time stamp counter", Level::less,
          "/proc/cpuinfo does not say that it has one rate (constant_tsc, nonstop_tsc)",
          "run times and moments that Muster tells may be wrong"};
}

Diagnosis numa() {
  std::size_t nodes = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/sys/devices/system/node", error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with("node") && name.find_first_not_of("0123456789", 4) == std::string::npos) {
      ++nodes;
    }
  }
  if (nodes <= 1) return {"NUMA", Level::fact, "one node", ""};
  return {"NUMA", Level::less, fmt::format("{} nodes", nodes),
          "Muster binds neither workers nor memory to nodes: where that matters, use one pool a "
          "node, made under numactl"};
}

Diagnosis available_memory() {
  const std::size_t left = muster::detail::memory_headroom();
  const auto total = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                     static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  if (left == std::numeric_limits<std::size_t>::max()) {
    return {"memory", Level::less, "how much is left cannot be told",
            "large results are not refused in time: the kernel may kill for lack of memory"};
  }
  return {"memory", Level::fine,
          fmt::format("{} of {} left", describe_bytes(left), describe_bytes(total)), ""};
}

// A pool's segments are of several times the machine's memory, and hardly any of it has pages.
Diagnosis address_space() {
  const auto policy = read_number("/proc/sys/vm/overcommit_memory").value_or(-1);
  const auto wanted = 4 * static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
                      static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const muster::detail::FileDescriptor fd(::memfd_create("muster-doctor", MFD_CLOEXEC));
  const bool sized = fd && ::ftruncate(fd.get(), static_cast<off_t>(wanted)) == 0;
  void* const memory =
      sized ? ::mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0) : MAP_FAILED;
  const int error = errno;
  if (memory != MAP_FAILED) ::munmap(memory, wanted);
  const std::string finding = fmt::format("vm.overcommit_memory is {}", policy);
  if (memory != MAP_FAILED) {
    return {"address space", Level::fine,
            fmt::format("{} of shared memory can be reserved; {}", describe_bytes(wanted), finding),
            ""};
  }
  return {"address space", Level::less,
          fmt::format("{} of shared memory cannot be reserved ({}); {}", describe_bytes(wanted),
                      std::generic_category().message(error), finding),
          "a pool of its default size may not be had; ulimit -v makes it take less"};
}

// "always [madvise] never": what stands in brackets.
std::string chosen_in(const std::string& path) {
  const std::string text = read_small_file(path);
  const std::size_t begin = text.find('[');
  const std::size_t end = text.find(']');
  return begin == std::string::npos || end < begin ? "not there"
                                                   : text.substr(begin + 1, end - begin - 1);
}

Diagnosis huge_pages() {
  constexpr std::size_t kBytes = 8 * muster::detail::kHugePage;
  const std::string shmem = chosen_in("/sys/kernel/mm/transparent_hugepage/shmem_enabled");
  const std::string own = chosen_in("/sys/kernel/mm/transparent_hugepage/enabled");
  const auto huge = [] {
    return number_behind(read_small_file("/proc/self/smaps_rollup"), "AnonHugePages:").value_or(0);
  };
  void* const memory =
      ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return {"huge pages", Level::fact, "not tried: there is no memory for it", ""};
  }
  muster::detail::ask_for_huge_pages(memory, kBytes);
  const auto before = huge();
  std::fill_n(static_cast<volatile char*>(memory), kBytes, char{1});
  const bool given = huge() > before;
  ::munmap(memory, kBytes);
  const std::string finding =
      fmt::format("{} for a process's own memory ({}), {} for shared memory", own,
                  given ? "given when asked for" : "not given", shmem);
  if (given &&
      (shmem == "always" || shmem == "advise" || shmem == "within_size" || shmem == "force")) {
    return {"huge pages", Level::fine, finding, ""};
  }
  return {"huge pages", Level::less, finding,
          "large data lies in small pages: the first touch of each costs a fault. As root: echo "
          "advise > /sys/kernel/mm/transparent_hugepage/shmem_enabled"};
}

// The least of a limit in the process's cgroup and all above it.
std::optional<std::int64_t> least_in_cgroups(std::string_view controller, const char* v1,
                                             const char* v2) {
  std::optional<std::int64_t> least;
  for (const auto& place : muster::detail::cgroup_places(read_small_file("/proc/self/cgroup"))) {
    if (!place.is_v2() && !place.has(controller)) continue;
    const std::string root =
        place.is_v2() ? "/sys/fs/cgroup" : fmt::format("/sys/fs/cgroup/{}", controller);
    for (const std::string& path : muster::detail::self_and_ancestors(place.path)) {
      const auto limit = read_number(fmt::format("{}{}/{}", root, path, place.is_v2() ? v2 : v1));
      if (limit && (!least || *limit < *least)) least = limit;
    }
  }
  return least;
}

Diagnosis cgroups() {
  bool version_1 = false;
  bool version_2 = false;
  for (const auto& place : muster::detail::cgroup_places(read_small_file("/proc/self/cgroup"))) {
    (place.is_v2() ? version_2 : version_1) = true;
  }
  if (!version_1 && !version_2) {
    return {"cgroup", Level::less, "none",
            "whether the kernel has killed a worker for lack of memory is told by the count of the "
            "whole machine"};
  }
  std::string finding = version_1 && version_2 ? "versions 1 and 2"
                        : version_1            ? "version 1"
                                               : "version 2";
  const auto memory = least_in_cgroups("memory", "memory.limit_in_bytes", "memory.max");
  // Version 1 has a number that stands for none.
  const bool limited = memory && static_cast<std::size_t>(*memory) < (std::size_t{1} << 60);
  finding += limited ? fmt::format(", memory at most {}",
                                   describe_bytes(static_cast<std::uint64_t>(*memory)))
                     : ", memory not limited";
  const auto processes = least_in_cgroups("pids", "pids.max", "pids.max");
  finding += processes ? fmt::format(", processes and threads at most {}", *processes)
                       : ", processes not limited";
  return {"cgroup", Level::fine, finding, ""};
}

// Who is told of kills for lack of memory.
Diagnosis memory_kills() {
  for (const auto& place : muster::detail::cgroup_places(read_small_file("/proc/self/cgroup"))) {
    if (!place.is_v2() && !place.has("memory")) continue;
    for (const std::string& path : muster::detail::self_and_ancestors(place.path)) {
      const std::string file =
          place.is_v2() ? fmt::format("/sys/fs/cgroup{}/memory.events", path)
                        : fmt::format("/sys/fs/cgroup/memory{}/memory.oom_control", path);
      if (number_behind("\n" + read_small_file(file), "\noom_kill ")) {
        return {"kills for lack of memory", Level::fine, fmt::format("counted in {}", file), ""};
      }
    }
  }
  if (number_behind("\n" + read_small_file("/proc/vmstat"), "\noom_kill ")) {
    return {"kills for lack of memory", Level::less, "counted for the whole machine alone",
            "a worker that somebody killed may be said to have died for lack of memory"};
  }
  return {"kills for lack of memory", Level::less, "not counted anywhere",
          "the death of such a worker is told as one by SIGKILL"};
}

std::string limit_text(int resource, bool bytes) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return "not known";
  if (limit.rlim_cur == RLIM_INFINITY) return "no limit";
  return bytes ? describe_bytes(limit.rlim_cur) : std::to_string(limit.rlim_cur);
}

bool is_limited(int resource) { return limit_text(resource, false) != "no limit"; }

void limits(Diagnoses& all) {
  constexpr rlim_t kFewFiles = 256;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  all.push_back({"open files (ulimit -n)", files.rlim_cur < kFewFiles ? Level::less : Level::fine,
                 limit_text(RLIMIT_NOFILE, false),
                 files.rlim_cur < kFewFiles
                     ? "a pool needs about a dozen descriptors and one for each worker"
                     : ""});
  all.push_back({"processes (ulimit -u)", Level::fine, limit_text(RLIMIT_NPROC, false), ""});
  all.push_back({"address space (ulimit -v)", is_limited(RLIMIT_AS) ? Level::less : Level::fine,
                 limit_text(RLIMIT_AS, true),
                 is_limited(RLIMIT_AS)
                     ? "an eighth of it is for arguments and one for results, and no task can have "
                       "or return more"
                     : ""});
  all.push_back(
      {"file size (ulimit -f)", is_limited(RLIMIT_FSIZE) ? Level::less : Level::fine,
       limit_text(RLIMIT_FSIZE, true),
       is_limited(RLIMIT_FSIZE) ? "it counts for shared memory: a pool has less of it" : ""});
}

Diagnosis cores() {
  const std::string pattern = one_line(read_small_file("/proc/sys/kernel/core_pattern"));
  const bool piped = pattern.starts_with('|');
  rlimit limit{};
  ::getrlimit(RLIMIT_CORE, &limit);
  std::string finding = fmt::format("ulimit -c is {}, kernel.core_pattern is \"{}\"",
                                    limit_text(RLIMIT_CORE, true), printable(pattern));
  if (limit.rlim_cur == 0 && !piped) {
    return {"cores", Level::fact,
            finding + ": a worker that crashes leaves none; its backtrace is told all the same",
            ""};
  }
  return {
      "cores", Level::fact,
      finding + ": a worker that crashes is gone, and its future ready, once its core is written",
      ""};
}

Diagnosis tracing() {
  const auto scope = read_number("/proc/sys/kernel/yama/ptrace_scope");
  if (!scope || *scope == 0 || ::geteuid() == 0) {
    if (scope.value_or(0) >= 3) {
      return {"ptrace", Level::less, "kernel.yama.ptrace_scope is 3: nobody may",
              "\"muster stack --ptrace\" does not work; without --ptrace it does"};
    }
    return {"ptrace", Level::fine,
            scope ? fmt::format("kernel.yama.ptrace_scope is {}", *scope)
                  : "without Yama's restriction",
            ""};
  }
  return {"ptrace", Level::less, fmt::format("kernel.yama.ptrace_scope is {}", *scope),
          "\"muster stack --ptrace\" is for root; without --ptrace it needs none of it"};
}

Diagnosis shared_memory_folder() {
  const bool there = std::filesystem::exists("/dev/shm");
  return {"/dev/shm", Level::fact,
          fmt::format("{}; Muster does not need it, its memory has no names in a file system",
                      there ? "is there" : "is not there"),
          ""};
}

}  // namespace

Diagnoses diagnose_machine() {
  Diagnoses all{system(),        processors(), clock(),   numa(),        available_memory(),
                address_space(), huge_pages(), cgroups(), memory_kills()};
  limits(all);
  all.push_back(cores());
  all.push_back(tracing());
  all.push_back(shared_memory_folder());
  return all;
}

}  // namespace muster_tool
