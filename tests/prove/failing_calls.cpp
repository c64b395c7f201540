#include "prove/failing_calls.hpp"

#include <algorithm>
#include <array>

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
      {"sigaltstack", {"ENOMEM", "EPERM"}},
      {"clock_nanosleep", {"EINTR"}},
      {"nanosleep", {"EINTR"}},
      {"pause", {"EINTR"}},
  };
  return table;
}

}  // namespace

std::vector<std::string_view> plausible_errors(std::string_view call) {
  const auto found = std::find_if(all().begin(), all().end(),
                                  [&](const Failing& failing) { return failing.call == call; });
  return found == all().end() ? std::vector<std::string_view>{} : found->errors;
}

}  // namespace prove
