// What the kernel can do of what Muster asks it for, each tried.

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include <muster/error.hpp>
#include <muster/options.hpp>

#include "diagnosis.hpp"
#include "lib/common/asymmetric_fence.hpp"
#include "lib/common/file_descriptor.hpp"
#include "lib/common/life_mark.hpp"
#include "lib/common/small_file.hpp"
#include "lib/limits/prepare_limits.hpp"

namespace muster_tool {

namespace {

using Level = Diagnosis::Level;
using muster::detail::FileDescriptor;

constexpr std::size_t kBytes = 64 * 1024;
// Linux 6.9; of <linux/pidfd.h>.
constexpr unsigned kToThread = 1;

std::string because(int error) {
  return error == ENOSYS ? std::string("this kernel does not have it")
                         : std::generic_category().message(error);
}

Diagnosis there_or(std::string subject, bool there, Level otherwise, std::string finding,
                   std::string consequence) {
  const int error = errno;
  if (there) return {std::move(subject), Level::fine, std::move(finding), ""};
  return {std::move(subject), otherwise, fmt::format("no: {}", because(error)),
          std::move(consequence)};
}

// A child of this process that does something and leaves 0 where it could.
class Child {
 public:
  template <class Action>
  explicit Child(Action action) : pid_(::fork()) {
    if (pid_ == 0) ::_exit(action() ? 0 : 1);
  }
  ~Child() {
    if (pid_ <= 0 || reaped_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  bool made() const { return pid_ > 0; }
  void was_reaped() { reaped_ = true; }
  bool succeeded() {
    int status = 1;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  pid_t pid_;
  bool reaped_ = false;
};

struct Unmap {
  void operator()(void* memory) const { ::munmap(memory, kBytes); }
};
using SharedMemory = std::unique_ptr<void, Unmap>;

SharedMemory share(int fd, int protection) {
  const int flags = fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
  void* const memory = ::mmap(nullptr, kBytes, protection, flags, fd, 0);
  return SharedMemory(memory == MAP_FAILED ? nullptr : memory);
}

Diagnosis proc() {
  const bool there = ::access("/proc/self/fd", R_OK | X_OK) == 0 &&
                     !muster::detail::read_small_file("/proc/self/status").empty();
  return there_or("/proc", there, Level::missing, "is there",
                  "Muster opens its memory a second time by it, for reading alone");
}

void memory(Diagnoses& all) {
  const FileDescriptor fd(
      static_cast<int>(::memfd_create("muster-doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING)));
  const bool made = fd && ::ftruncate(fd.get(), kBytes) == 0 &&
                    share(fd.get(), PROT_READ | PROT_WRITE) != nullptr;
  all.push_back(there_or("memfd", made, Level::missing, "shared memory of no file system",
                         "process pools cannot be made"));
  if (!made) return;
  const bool sealed = ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0 &&
                      ::ftruncate(fd.get(), 0) != 0 && errno == EPERM;
  all.push_back(there_or("seals", sealed, Level::missing, "sealed memory keeps its size",
                         "process pools cannot be made"));
  const FileDescriptor reader(
      ::open(fmt::format("/proc/self/fd/{}", fd.get()).c_str(), O_RDONLY | O_CLOEXEC));
  const bool read_only = reader && share(reader.get(), PROT_READ) != nullptr &&
                         share(reader.get(), PROT_READ | PROT_WRITE) == nullptr;
  all.push_back(there_or("read-only memory", read_only, Level::missing,
                         "a descriptor opened for reading cannot write",
                         "process pools cannot be made"));
  const bool allocates = ::fallocate(fd.get(), 0, 0, kBytes) == 0;
  all.push_back(there_or("fallocate", allocates, Level::missing, "memory can be had in advance",
                         "arguments and results find no memory"));
  struct stat status {};
  const bool punches =
      ::fallocate(fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, kBytes) == 0 &&
      ::fstat(fd.get(), &status) == 0 && status.st_blocks == 0;
  all.push_back(there_or("punching holes", punches, Level::less,
                         "memory that is not used goes back to the system",
                         "shared memory that a pool has once used stays until the pool ends"));
}

void pidfds(Diagnoses& all) {
  Child child([] { return true; });
  const FileDescriptor fd(static_cast<int>(::syscall(SYS_pidfd_open, child.pid(), 0)));
  const bool opened = child.made() && fd;
  all.push_back(there_or("pidfd_open", opened, Level::missing,
                         "processes are watched by descriptors", "process pools cannot be made"));
  if (!opened) return;
  siginfo_t info{};
  const bool waited =
      ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(fd.get()), &info, WEXITED) == 0;
  if (waited) child.was_reaped();
  all.push_back(there_or("waitid by pidfd", waited, Level::missing, "a child's end is read by it",
                         "process pools cannot be made"));
  const FileDescriptor self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  const bool sends = ::syscall(SYS_pidfd_send_signal, self.get(), 0, nullptr, 0) == 0;
  all.push_back(there_or("pidfd_send_signal", sends, Level::less,
                         "signals cannot meet another process",
                         "workers are signalled by their numbers"));
  const bool to_thread = ::syscall(SYS_pidfd_send_signal, self.get(), 0, nullptr, kToThread) == 0;
  all.push_back(there_or("pidfd signals to threads", to_thread, Level::less,
                         "\"muster stack\" asks by it",
                         "\"muster stack\" asks by tgkill, after it has looked who is there"));
}

void futexes(Diagnoses& all) {
  const SharedMemory memory = share(-1, PROT_READ | PROT_WRITE);
  if (!memory) return;
  auto* const word = new (memory.get()) std::atomic<std::uint32_t>(0);
  // A child sleeps until it is woken.
  Child sleeper([&] {
    while (word->load() == 0) ::syscall(SYS_futex, word, FUTEX_WAIT, 0, nullptr, nullptr, 0);
    return true;
  });
  word->store(1);
  const bool wakes = ::syscall(SYS_futex, word, FUTEX_WAKE, 1, nullptr, nullptr, 0) >= 0;
  all.push_back(there_or("futex", wakes && sleeper.made() && sleeper.succeeded(), Level::missing,
                         "processes wake each other", "nothing of Muster works"));

  futex_waitv entry{};
  entry.uaddr = reinterpret_cast<std::uintptr_t>(word);
  entry.val = 2;  // which it is not
  entry.flags = FUTEX_32;
  const long rc = ::syscall(SYS_futex_waitv, &entry, 1, 0, nullptr, CLOCK_MONOTONIC);
  all.push_back(there_or("futex_waitv", rc < 0 && errno == EAGAIN, Level::less,
                         "one thread sleeps on the life marks of all workers",
                         "that a worker dies is heard by its pidfd alone, milliseconds later where "
                         "it has much memory"));
}

void robust_futex(Diagnoses& all) {
  const SharedMemory memory = share(-1, PROT_READ | PROT_WRITE);
  if (!memory) return;
  auto* const mark = new (memory.get()) muster::detail::LifeMark;
  Child holder([&] { return mark->hold(); });
  const bool held = holder.made() && holder.succeeded();
  const bool marked = held && muster::detail::LifeMark::says_dead(mark->word().load());
  if (marked) {
    all.push_back({"robust futex", Level::fine, "the kernel marks that a process ends", ""});
    return;
  }
  all.push_back({"robust futex", Level::less,
                 held ? "no: the kernel does not mark it" : "no: such a mutex cannot be had",
                 "that a worker dies is heard by its pidfd alone, milliseconds later where it has "
                 "much memory"});
}

void fences(Diagnoses& all) {
  all.push_back(there_or("membarrier", muster::detail::has_heavy_fence(), Level::less,
                         "threads of a process are fenced by the kernel",
                         "each submit and each push to a thread pool costs a full fence, some ten "
                         "nanoseconds"));
  const bool shared =
      muster::detail::include_in_shared_heavy_fences() && muster::detail::shared_heavy_fence();
  all.push_back(there_or("membarrier between processes", shared, Level::less,
                         "client and workers are fenced by the kernel",
                         "each submit to a process pool costs a full fence, some ten nanoseconds"));
}

void ends(Diagnoses& all) {
  Child child([] { return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0; });
  all.push_back(there_or("parent's death signal", child.made() && child.succeeded(), Level::less,
                         "workers end with their supervisor",
                         "a worker whose supervisor dies ends itself between two tasks"));
  const FileDescriptor event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  all.push_back(there_or("eventfd", static_cast<bool>(event), Level::missing,
                         "the client sleeps on one", "process pools cannot be made"));
}

// What workers can be limited by, as a pool would ask for it.
Diagnosis limit(std::string subject, const muster::WorkerLimits& limits, std::string finding,
                std::string_view name) {
  try {
    muster::detail::prepare_limits(limits);
  } catch (const muster::InvalidArgumentError& error) {
    return {std::move(subject), Level::less, fmt::format("no: {}", error.what()),
            fmt::format("a pool that asks for {} is refused", name)};
  }
  return {std::move(subject), Level::fine, std::move(finding), ""};
}

void limits(Diagnoses& all) {
  all.push_back(limit("landlock", {.files = muster::FileRules{}},
                      "workers can be kept to some files", "limits.files"));
  all.push_back(limit("seccomp", {.deny_network = true, .deny_processes = true},
                      "workers can be denied the network and new processes",
                      "limits.deny_network or deny_processes"));
  unsigned node = 0;
  if (::getcpu(nullptr, &node) != 0) node = 0;
  all.push_back(limit("NUMA binding", {.numa_node = node}, "workers can be bound to a node",
                      "limits.numa_node"));
}

}  // namespace

Diagnoses diagnose_kernel() {
  Diagnoses all;
  all.push_back(proc());
  memory(all);
  pidfds(all);
  futexes(all);
  robust_futex(all);
  fences(all);
  ends(all);
  limits(all);
  return all;
}

}  // namespace muster_tool
