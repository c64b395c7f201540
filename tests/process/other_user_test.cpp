// Another user can neither read nor change a pool, its arguments or its processes.

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "lib/common/file_descriptor.hpp"
#include "support/privileges.hpp"
#include "support/proc.hpp"

namespace {

using muster::detail::FileDescriptor;

// What lies at the same place in all processes of the pool.
std::array<char, 16> secret{"not for others"};

struct Process {
  pid_t pid;
  std::vector<int> memory;  // descriptors of the pool's segments
};

Process process_of(pid_t pid) {
  Process process{pid, {}};
  const std::filesystem::path folder = "/proc/" + std::to_string(pid) + "/fd";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::error_code closed;
    const std::string target = std::filesystem::read_symlink(entry, closed);
    if (target.starts_with("/memfd:muster:")) {
      process.memory.push_back(std::stoi(entry.path().filename()));
    }
  }
  return process;
}

bool opens(const std::string& path, int flags) {
  return static_cast<bool>(FileDescriptor(::open(path.c_str(), flags | O_CLOEXEC)));
}

bool lists(const std::string& path) {
  DIR* const folder = ::opendir(path.c_str());
  if (folder == nullptr) return false;
  ::closedir(folder);
  return true;
}

bool copies(pid_t pid, long call) {
  std::array<char, secret.size()> copy = secret;
  iovec here{copy.data(), copy.size()};
  iovec there{secret.data(), secret.size()};
  return ::syscall(call, pid, &here, 1, &there, 1, 0) == static_cast<long>(copy.size());
}

bool takes(pid_t pid, int descriptor) {
  const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  return static_cast<bool>(
      FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), descriptor, 0))));
}

// The ways to its memory that are open, a line each.
std::string ways_in(const Process& process) {
  const std::string folder = "/proc/" + std::to_string(process.pid);
  std::string open;
  const auto add = [&](bool is_open, const std::string& way) {
    if (is_open) open += way + "\n";
  };
  add(lists(folder + "/fd"), "list of descriptors");
  for (const int fd : process.memory) {
    const std::string path = folder + "/fd/" + std::to_string(fd);
    add(opens(path, O_RDONLY), "segment to read");
    add(opens(path, O_RDWR), "segment to write");
    add(takes(process.pid, fd), "descriptor");
  }
  add(lists(folder + "/map_files"), "list of mappings");
  add(opens(folder + "/mem", O_RDWR), "mem");
  add(opens(folder + "/maps", O_RDONLY), "maps");
  add(opens(folder + "/environ", O_RDONLY), "environ");
  add(copies(process.pid, SYS_process_vm_readv), "process_vm_readv");
  add(copies(process.pid, SYS_process_vm_writev), "process_vm_writev");
  return open;
}

// Those to harm it.
std::string ways_to_act(const Process& process) {
  std::string open;
  if (::ptrace(PTRACE_SEIZE, process.pid, nullptr, nullptr) == 0) open += "ptrace\n";
  if (::kill(process.pid, SIGURG) == 0) open += "SIGURG\n";
  if (::kill(process.pid, SIGKILL) == 0) open += "SIGKILL\n";
  return open;
}

// What a process of another user says, to which nothing has been handed down.
template <class Look>
std::string said_by_another_user(Look look) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category());
  const FileDescriptor in(ends[0]);
  FileDescriptor out(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(out.get(), STDOUT_FILENO);
    ::syscall(SYS_close_range, 3, ~0U, 0);
    test_support::drop_privileges();
    const std::string words = look() + "end\n";
    ::_exit(::write(STDOUT_FILENO, words.data(), words.size()) > 0 ? 0 : 1);
  }
  out.reset();
  std::string words;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = ::read(in.get(), part.data(), part.size())) > 0;) {
    words.append(part.data(), static_cast<std::size_t>(got));
  }
  ::waitpid(child, nullptr, 0);
  return words;
}

TEST(OtherUser, HasNoWayIntoAPoolNorToItsProcesses) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  muster::ProcessPoolExecutor pool({.max_workers = 2, .name = "private"});
  pool.submit([] {}).result();
  const std::vector<pid_t> workers = pool.worker_pids();
  std::vector<Process> processes{process_of(::getpid()),
                                 process_of(test_support::parent_of(workers.at(0)))};
  for (const pid_t worker : workers) processes.push_back(process_of(worker));
  for (const Process& process : processes) {
    // So that what is refused is refused to others.
    EXPECT_FALSE(process.memory.empty()) << process.pid;
    const std::string own = ways_in(process);
    for (const char* way : {"list of descriptors", "segment to read", "segment to write",
                            "descriptor", "mem", "process_vm_readv", "process_vm_writev"}) {
      EXPECT_NE(own.find(way), std::string::npos) << way << " of " << process.pid << "\n" << own;
    }
    EXPECT_EQ(said_by_another_user([&] { return ways_in(process) + ways_to_act(process); }),
              "end\n");
  }
  EXPECT_EQ(pool.submit([] { return 7; }).result(), 7);
  EXPECT_EQ(pool.stats().deaths, 0U);
}

}  // namespace
