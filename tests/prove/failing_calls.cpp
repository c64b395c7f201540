#include "prove/failing_calls.hpp"

#include <algorithm>
#include <map>

namespace prove {

namespace {

struct Failing {
  std::string_view call;
  std::vector<std::string_view> errors;
};

const std::vector<Failing>& all() {
  static const std::vector<Failing> table{
      {"memfd_create", {"EMFILE", "ENOMEM", "ENOSYS"}},
      {"ftruncate", {"EINTR", "ENOSPC", "EPERM"}},
      {"fcntl", {"EMFILE", "EPERM", "ENOMEM"}},
      {"open", {"EMFILE", "ENOENT", "ENOMEM"}},
      {"openat", {"EMFILE", "ENOENT", "ENOMEM", "EINTR"}},
      {"mmap", {"ENOMEM", "EAGAIN", "EPERM"}},
      {"munmap", {"ENOMEM"}},
      {"mprotect", {"ENOMEM"}},
      {"madvise", {"ENOMEM", "EAGAIN", "EINVAL"}},
      {"process_vm_readv", {"ENOMEM", "EPERM", "EFAULT", "ENOSYS"}},
      {"fallocate", {"ENOSPC", "ENOMEM", "EINTR", "EPERM"}},
      {"socketpair", {"EMFILE", "ENOMEM"}},
      {"eventfd2", {"EMFILE", "ENOMEM"}},
      {"pidfd_open", {"EMFILE", "ENOMEM", "ENOSYS"}},
      {"pidfd_send_signal", {"EPERM", "ESRCH", "ENOSYS"}},
      {"clone", {"EAGAIN", "ENOMEM", "EPERM"}},
      {"clone3", {"EAGAIN", "ENOMEM", "EPERM", "ENOSYS"}},
      {"fork", {"EAGAIN", "ENOMEM"}},
      {"vfork", {"EAGAIN", "ENOMEM"}},
      {"poll", {"EINTR", "ENOMEM"}},
      {"ppoll", {"EINTR", "ENOMEM"}},
      {"recvmsg", {"EINTR", "EAGAIN", "ENOMEM", "ECONNRESET"}},
      {"sendmsg", {"EINTR", "EAGAIN", "ENOMEM", "ENOBUFS"}},
      {"shutdown", {"ENOTCONN"}},
      {"setsockopt", {"ENOMEM", "EPERM"}},
      {"wait4", {"EINTR", "ECHILD"}},
      {"waitid", {"EINTR", "ECHILD", "ENOSYS"}},
      {"kill", {"EPERM", "ESRCH"}},
      {"setpgid", {"EPERM", "EACCES", "ESRCH"}},
      {"prctl", {"EPERM", "EINVAL"}},
      {"read", {"EINTR", "EAGAIN", "EIO"}},
      {"pread64", {"EINTR", "EIO"}},
      {"write", {"EINTR", "EAGAIN", "ENOSPC"}},
      {"close", {"EINTR", "EIO"}},
      {"dup2", {"EMFILE", "EINTR"}},
      {"fstat", {"ENOMEM"}},
      {"stat", {"ENOMEM", "EACCES"}},
      {"newfstatat", {"ENOMEM", "EACCES"}},
      {"statfs", {"ENOSYS", "EINTR"}},
      {"readlink", {"ENOMEM", "EACCES"}},
      {"getdents64", {"ENOENT"}},
      {"membarrier", {"EPERM", "ENOSYS", "ENOMEM"}},
      {"sched_getaffinity", {"EPERM", "ENOSYS"}},
      {"sched_yield", {"ENOSYS"}},
      {"prlimit64", {"EPERM"}},
      {"getrandom", {"EINTR", "ENOSYS"}},
      {"sysinfo", {"ENOSYS"}},
      {"getrusage", {"EPERM", "ENOSYS"}},
      {"sigaltstack", {"ENOMEM", "EPERM"}},
      {"clock_nanosleep", {"EINTR"}},
      {"nanosleep", {"EINTR"}},
      {"pause", {"EINTR"}},
      {"futex_waitv", {"EINTR", "EAGAIN", "ENOSYS"}},
      {"sched_getattr", {"EPERM", "ENOSYS"}},
      {"sched_setattr", {"EPERM", "EBUSY", "ENOSYS"}},
  };
  return table;
}

}  // namespace

bool may_last(std::string_view call, std::string_view error) {
  // It needs memory for more than some thirty descriptors alone, and gets it in time.
  if (call == "poll" || call == "ppoll") return false;
  return error != "EINTR" && error != "EAGAIN" && error != "ESRCH" && error != "ECONNRESET";
}

std::optional<std::string_view> why_not_failed(std::string_view call) {
  constexpr std::string_view kNever = "it does not fail in a program that is written as it should";
  constexpr std::string_view kLoader = "before main it is the loader's, and later nobody calls it";
  static const std::map<std::string_view, std::string_view> reasons{
      {"futex",
       "one that is not made is a wake that the kernel has lost, as it never does; who waits looks "
       "again whatever it returns"},
      {"arch_prctl", kLoader},
      {"set_tid_address", kLoader},
      {"access", kLoader},
      {"execve", kLoader},
      {"brk", "where it fails malloc asks mmap, which fails in its turn"},
      {"rseq", "the C library goes on without"},
      {"set_robust_list", "the C library does not look"},
      {"rt_sigaction", kNever},
      {"rt_sigprocmask", kNever},
      {"rt_sigreturn", "it has no result"},
      {"restart_syscall", "the kernel makes it, in the place of one that was interrupted"},
      {"getpid", kNever},
      {"getppid", kNever},
      {"gettid", kNever},
      {"tgkill", "who calls it, raise() and abort(), ends"},
      {"exit", "it has no result"},
      {"exit_group", "it has no result"},
  };
  const auto found = reasons.find(call);
  if (found == reasons.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string_view> plausible_errors(std::string_view call) {
  const auto found = std::find_if(all().begin(), all().end(),
                                  [&](const Failing& failing) { return failing.call == call; });
  return found == all().end() ? std::vector<std::string_view>{} : found->errors;
}

}  // namespace prove
