#pragma once

// What /proc says of processes, for tests that look at a pool from outside.

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace test_support {

// The fields of /proc/<pid>/stat from the third (the state) on; empty where there is no such
// process. The second, the command, may hold spaces and is left out.
inline std::vector<std::string> stat_fields(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text, '\0');  // nothing also where the process ends meanwhile
  const auto end = text.rfind(')');
  if (end == std::string::npos) return {};
  std::istringstream rest(text.substr(end + 1));
  return {std::istream_iterator<std::string>(rest), std::istream_iterator<std::string>()};
}

// Of a process that has not been reaped: a zombie is not running.
inline bool is_running(pid_t pid) {
  const auto fields = stat_fields(pid);
  return !fields.empty() && fields[0] != "Z" && fields[0] != "X";
}

// Neither running nor waiting to be reaped.
inline bool is_gone(pid_t pid) { return stat_fields(pid).empty(); }

// Returns once the process has ended. The watchdog ends a test whose process does not.
inline void wait_for_end(pid_t pid) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return;  // reaped already
  pollfd ended{fd, POLLIN, 0};
  while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {
  }
  ::close(fd);
}

// -1 where there is no such process.
inline pid_t parent_of(pid_t pid) {
  const auto fields = stat_fields(pid);
  return fields.size() > 1 ? std::atoi(fields[1].c_str()) : -1;
}

// Processor time of all its threads in clock ticks.
inline long processor_ticks(pid_t pid) {
  const auto fields = stat_fields(pid);
  return fields.size() > 12 ? std::atol(fields[11].c_str()) + std::atol(fields[12].c_str()) : -1;
}

inline std::vector<pid_t> all_pids() {
  std::vector<pid_t> pids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc() && end == name.data() + name.size()) pids.push_back(pid);
  }
  return pids;
}

// "" where there is no such process.
inline std::string command_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

inline std::size_t threads_of(pid_t pid) {
  std::error_code gone;
  const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(pid) + "/task", gone);
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

// The one that muster::init() has made; 0: there is none.
inline pid_t fork_server_of(pid_t client) {
  for (const pid_t pid : all_pids()) {
    if (parent_of(pid) == client && command_of(pid) == "muster-forkserv") return pid;
  }
  return 0;
}

// But for its fork server, which lives as long as it does.
inline std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (pid_t pid : all_pids()) {
    if (parent_of(pid) == parent && command_of(pid) != "muster-forkserv") children.push_back(pid);
  }
  return children;
}

// Those of a client's pools, also where its fork server has forked them.
inline std::vector<pid_t> supervisors_of(pid_t client) {
  std::vector<pid_t> all = children_of(client);
  if (const pid_t server = fork_server_of(client); server != 0) {
    // It reaps without waiting: one that has ended may be seen for a moment.
    for (const pid_t pid : children_of(server)) {
      if (is_running(pid)) all.push_back(pid);
    }
  }
  return all;
}

// Waits for all children of this process, and for those that become its own meanwhile, but for one
// that stays.
inline void reap_all_but(pid_t one) {
  bool some = true;
  while (some) {
    some = false;
    for (const pid_t pid : all_pids()) {
      if (pid == one || parent_of(pid) != ::getpid()) continue;
      some = true;
      while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
  }
}

// A memfd by what stays the same in whichever process holds it.
using Inode = std::pair<dev_t, ino_t>;

struct OpenMemfd {
  Inode inode;
  std::uint64_t bytes = 0;  // that have pages
};

// One for each descriptor of a memfd whose name begins so. Empty where the process is gone or not
// ours.
inline std::vector<OpenMemfd> open_memfds(pid_t pid, const std::string& name) {
  std::vector<OpenMemfd> memfds;
  std::error_code error;
  std::filesystem::directory_iterator links("/proc/" + std::to_string(pid) + "/fd", error);
  if (error) return memfds;
  for (; links != std::filesystem::directory_iterator(); links.increment(error)) {
    const auto target = std::filesystem::read_symlink(links->path(), error);
    if (error || !target.string().starts_with("/memfd:" + name)) continue;
    struct stat status {};
    if (::stat(links->path().c_str(), &status) != 0) continue;
    memfds.push_back(
        {{status.st_dev, status.st_ino}, static_cast<std::uint64_t>(status.st_blocks) * 512});
  }
  return memfds;
}

// The memfds that a process has open or mapped, but for the arena that tests share with what they
// start (shared_memory_latch.hpp). Empty where it is gone or not ours.
inline std::set<Inode> memfds_of(pid_t pid) {
  std::set<Inode> memfds;
  for (const char* folder : {"/fd", "/map_files"}) {
    std::error_code error;
    std::filesystem::directory_iterator links("/proc/" + std::to_string(pid) + folder, error);
    if (error) continue;
    for (; links != std::filesystem::directory_iterator(); links.increment(error)) {
      const auto target = std::filesystem::read_symlink(links->path(), error);
      const std::string name = target.string();
      if (error || !name.starts_with("/memfd:") || name.starts_with("/memfd:test-arena")) continue;
      struct stat status {};
      if (::stat(links->path().c_str(), &status) == 0) {
        memfds.emplace(status.st_dev, status.st_ino);
      }
    }
  }
  return memfds;
}

// The processes that hold one of these memfds.
inline std::vector<pid_t> holders_of(const std::set<Inode>& memfds) {
  std::vector<pid_t> holders;
  for (pid_t pid : all_pids()) {
    const auto held = memfds_of(pid);
    if (std::any_of(held.begin(), held.end(),
                    [&](const Inode& memfd) { return memfds.contains(memfd); })) {
      holders.push_back(pid);
    }
  }
  return holders;
}

// The names in a folder; none where it cannot be read.
inline std::set<std::string> entries(const std::string& folder) {
  std::set<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    names.insert(entry.path().filename());
  }
  return names;
}

// But for those of MPI's, of which tests may run meanwhile.
inline std::set<std::string> shared_memory_names() {
  auto names = entries("/dev/shm");
  std::erase_if(names, [](const std::string& name) {
    return name.starts_with("vader_segment.") || name.starts_with("mpich");
  });
  return names;
}

}  // namespace test_support
