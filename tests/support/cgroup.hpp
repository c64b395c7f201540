#pragma once

// A control group of a test's own, where this process may make one.

#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

namespace test_support {

// Directly below a controller's root, and gone at the end, when nobody is in it any more.
class Cgroup {
 public:
  // Version 1's tree of the controller; else, where `unified_too`, version 2's.
  explicit Cgroup(const std::string& controller, bool unified_too = true) {
    const std::string root = "/sys/fs/cgroup";
    const std::string name =
        "/muster-test-" + std::to_string(::getpid()) + "-" + std::to_string(made_++);
    const std::string own_tree = root + "/" + controller;
    struct stat status {};
    if (::stat((own_tree + "/cgroup.procs").c_str(), &status) == 0) {
      folder_ = own_tree + name;
    } else if (unified_too && offers(root, controller)) {
      folder_ = root + name;
      unified_ = true;
    } else {
      why_not_ = "there is no such controller of cgroups here: " + controller;
      return;
    }
    if (::mkdir(folder_.c_str(), 0755) == 0) return;
    why_not_ = "no cgroup may be made: " + folder_ + ": " + std::strerror(errno);
    folder_.clear();
  }
  ~Cgroup() {
    // A process that has just ended leaves it a moment later.
    while (!folder_.empty() && ::rmdir(folder_.c_str()) != 0 && errno == EBUSY) ::usleep(1000);
  }
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  // "": it is there. For GTEST_SKIP().
  const std::string& why_not() const { return why_not_; }
  bool unified() const { return unified_; }

  // False where the kernel refuses it.
  bool write(const std::string& file, const std::string& text) const {
    std::ofstream out(folder_ + "/" + file);
    out << text << std::flush;
    return out.good();
  }
  bool take_in(pid_t pid) const { return write("cgroup.procs", std::to_string(pid)); }

  // Of a group of the controller `memory`; without any swap. False where the kernel refuses it.
  bool limit_memory(std::size_t bytes) const {
    const std::string text = std::to_string(bytes);
    if (unified_) {
      write("memory.swap.max", "0");  // absent where there is no swap to count
      return write("memory.max", text);
    }
    write("memory.swappiness", "0");
    return write("memory.limit_in_bytes", text);
  }

 private:
  static bool offers(const std::string& root, const std::string& controller) {
    std::ifstream file(root + "/cgroup.subtree_control");
    std::string word;
    while (file >> word) {
      if (word == controller) return true;
    }
    return false;
  }

  inline static int made_ = 0;

  std::string folder_;
  std::string why_not_;
  bool unified_ = false;
};

}  // namespace test_support
