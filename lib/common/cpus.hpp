#pragma once

#include <cstddef>
#include <string>

namespace muster::detail {

// How many CPUs this process may use: its affinity mask, bounded by the CPU quota of its cgroups
// (version 1 or 2, rounded up). At least 1.
std::size_t usable_cpus() noexcept;

// The CPU quota in the cgroups that `proc_cgroup` (the text of /proc/self/cgroup) names, below
// `root` (/sys/fs/cgroup): the smallest of the process's own and all above it, in CPUs. 0: none.
double cgroup_cpu_quota(const std::string& proc_cgroup, const std::string& root);

}  // namespace muster::detail
