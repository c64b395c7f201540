#include "prove/leftovers.hpp"

#include <unistd.h>

#include <filesystem>

#include <fmt/format.h>

namespace prove {

Belongings Belongings::now() {
  Belongings all;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const auto target = std::filesystem::read_symlink(entry.path(), error);
    // That of this very listing is another one each time.
    if (error || target.string().starts_with("/proc/")) continue;
    all.descriptors.insert(entry.path().filename().string() + " -> " + target.string());
  }
  all.memfds = test_support::memfds_of(::getpid());
  for (const pid_t pid : test_support::children_of(::getpid())) all.children.insert(pid);
  return all;
}

std::string Belongings::more_than(const Belongings& before) const {
  std::string text;
  for (const std::string& descriptor : descriptors) {
    if (!before.descriptors.contains(descriptor))
      text += fmt::format(", descriptor {}", descriptor);
  }
  for (const auto& [device, inode] : memfds) {
    if (!before.memfds.contains({device, inode})) text += fmt::format(", memfd {}", inode);
  }
  for (const pid_t pid : children) {
    if (!before.children.contains(pid)) text += fmt::format(", child process {}", pid);
  }
  return text.empty() ? text : text.substr(2);
}

}  // namespace prove
