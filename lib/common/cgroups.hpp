#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace muster::detail {

// A process's place in one tree of cgroups: a line of /proc/self/cgroup. "0::/a/b" is version 2,
// which has one tree for all controllers, "9:cpu,memory:/a/b" version 1.
struct CgroupPlace {
  std::string controllers;  // "" in version 2
  std::string path;         // from the tree's root on: "/a/b"

  bool is_v2() const { return controllers.empty(); }
  // A controller of version 1.
  bool has(std::string_view controller) const;
};

// From the text of /proc/self/cgroup. Lines that are none are left out.
std::vector<CgroupPlace> cgroup_places(std::string_view text);

// Of "/a/b": "/a/b", "/a" and "", which is the tree's root.
std::vector<std::string> self_and_ancestors(const std::string& path);

}  // namespace muster::detail
