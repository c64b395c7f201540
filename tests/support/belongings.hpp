#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>
#include <system_error>

#include "support/proc.hpp"

namespace test_support {

// What this process has of the system at an instant, to be compared before and after a pool.
struct Belongings {
  std::set<std::string> descriptors;  // "number -> what it is"
  std::set<Inode> memfds;
  std::set<pid_t> children;  // zombies among them

  // Throws std::filesystem::filesystem_error where the descriptors cannot be listed.
  static Belongings now() {
    Belongings all;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code closed_meanwhile;
      const auto target = std::filesystem::read_symlink(entry.path(), closed_meanwhile);
      // That of this very listing is another one each time.
      if (closed_meanwhile || target.string().starts_with("/proc/")) continue;
      all.descriptors.insert(entry.path().filename().string() + " -> " + target.string());
    }
    all.memfds = memfds_of(::getpid());
    for (const pid_t pid : children_of(::getpid())) all.children.insert(pid);
    return all;
  }

  // What there is now and was not before, as a sentence's end; "": nothing.
  std::string more_than(const Belongings& before) const {
    std::string text;
    for (const std::string& descriptor : descriptors) {
      if (!before.descriptors.contains(descriptor)) text += ", descriptor " + descriptor;
    }
    for (const auto& [device, inode] : memfds) {
      if (!before.memfds.contains({device, inode})) text += ", memfd " + std::to_string(inode);
    }
    for (const pid_t pid : children) {
      if (!before.children.contains(pid)) text += ", child process " + std::to_string(pid);
    }
    return text.empty() ? text : text.substr(2);
  }
};

}  // namespace test_support
