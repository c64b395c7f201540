// NUMA nodes as hwloc sees them, which knows of cgroups and of machines in which they have no CPUs.

#include "lib/limits/numa_node.hpp"

#include <muster/error.hpp>

#ifdef MUSTER_HAS_HWLOC

#include <hwloc.h>

#include <memory>
#include <string>

#include "lib/limits/loaded_library.hpp"

namespace muster::detail {

namespace {

std::string name_of(unsigned node) { return "limits.numa_node " + std::to_string(node); }

// Of hwloc, what is used.
struct Hwloc {
  explicit Hwloc(const std::string& wanted_for) : library("libhwloc.so.15", wanted_for) {}

  LoadedLibrary library;
  decltype(&hwloc_topology_init) init =
      library.get<decltype(&hwloc_topology_init)>("hwloc_topology_init");
  decltype(&hwloc_topology_load) load =
      library.get<decltype(&hwloc_topology_load)>("hwloc_topology_load");
  decltype(&hwloc_topology_destroy) destroy =
      library.get<decltype(&hwloc_topology_destroy)>("hwloc_topology_destroy");
  // hwloc_get_next_obj_by_type is inline and calls this.
  decltype(&hwloc_get_obj_by_depth) get =
      library.get<decltype(&hwloc_get_obj_by_depth)>("hwloc_get_obj_by_depth");
  decltype(&hwloc_bitmap_next) next =
      library.get<decltype(&hwloc_bitmap_next)>("hwloc_bitmap_next");
};

}  // namespace

std::vector<unsigned> cpus_of_node(unsigned node) {
  const Hwloc hwloc(name_of(node));
  hwloc_topology_t made = nullptr;
  if (hwloc.init(&made) != 0) {
    throw InvalidArgumentError(name_of(node) + ": hwloc cannot be set up");
  }
  const std::unique_ptr<hwloc_topology, decltype(hwloc.destroy)> topology(made, hwloc.destroy);
  if (hwloc.load(topology.get()) != 0) {
    throw InvalidArgumentError(name_of(node) + ": hwloc cannot read this machine's topology");
  }
  std::string there;
  for (unsigned i = 0;; ++i) {
    // Of those that the program may not use there is none: hwloc leaves them out.
    const hwloc_obj_t found = hwloc.get(topology.get(), HWLOC_TYPE_DEPTH_NUMANODE, i);
    if (found == nullptr) break;
    if (found->os_index != node) {
      there += (there.empty() ? "" : ", ") + std::to_string(found->os_index);
      continue;
    }
    std::vector<unsigned> cpus;
    for (int cpu = hwloc.next(found->cpuset, -1); cpu >= 0; cpu = hwloc.next(found->cpuset, cpu)) {
      cpus.push_back(static_cast<unsigned>(cpu));
    }
    return cpus;
  }
  throw InvalidArgumentError(name_of(node) + " is no NUMA node that this program may use; " +
                             (there.empty() ? "there are none" : "there are: " + there));
}

}  // namespace muster::detail

#else

namespace muster::detail {

std::vector<unsigned> cpus_of_node(unsigned) {
  throw InvalidArgumentError(
      "limits.numa_node needs hwloc, and this build of Muster has none: install libhwloc-dev and "
      "build it again, or say limits.cpus instead");
}

}  // namespace muster::detail

#endif
