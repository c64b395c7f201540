// What is denied, and how a task hears of it. All else is allowed.
//
// Of the network: making and using sockets, EACCES; but a pair of local ones reaches nobody else,
// and Muster's own go on, which are open already.
//
// Of processes: EPERM. A thread is made by clone() with CLONE_THREAD; the flags of clone3() lie in
// memory, where a filter cannot look, so it is said not to be there, and the C library makes do
// with clone().
//
// Of both: what would have the kernel (io_uring) or another process do it.

#include "lib/limits/system_call_filter.hpp"

#include <muster/error.hpp>

#ifdef MUSTER_HAS_SECCOMP

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <memory>
#include <string>
#include <system_error>

#include "lib/common/file_descriptor.hpp"
#include "lib/limits/loaded_library.hpp"

namespace muster::detail {

namespace {

static_assert(sizeof(sock_filter) == sizeof(std::uint64_t));

const char* const kNames = "limits.deny_network and deny_processes";

class FilterMaker {
 public:
  FilterMaker()
      : library_("libseccomp.so.2", kNames),
        add_(library_.get<decltype(&seccomp_rule_add_array)>("seccomp_rule_add_array")),
        context_(library_.get<decltype(&seccomp_init)>("seccomp_init")(SCMP_ACT_ALLOW),
                 library_.get<decltype(&seccomp_release)>("seccomp_release")) {
    if (!context_) fail(ENOMEM);
  }

  void deny(int error, std::initializer_list<int> calls) {
    for (const int call : calls) add(call, error, 0, nullptr);
  }
  void deny_if(int error, int call, const scmp_arg_cmp& condition) {
    add(call, error, 1, &condition);
  }

  std::vector<std::uint64_t> program() const {
    const FileDescriptor file(static_cast<int>(::memfd_create("muster-filter", MFD_CLOEXEC)));
    if (!file) fail(errno);
    const int failed = library_.get<decltype(&seccomp_export_bpf)>("seccomp_export_bpf")(
        context_.get(), file.get());
    if (failed != 0) fail(-failed);
    const off_t size = ::lseek(file.get(), 0, SEEK_END);
    if (size <= 0) fail(EIO);
    std::vector<std::uint64_t> program(static_cast<std::size_t>(size) / sizeof(std::uint64_t));
    if (::pread(file.get(), program.data(), static_cast<std::size_t>(size), 0) != size) fail(errno);
    return program;
  }

 private:
  [[noreturn]] static void fail(int error) {
    throw InvalidArgumentError(std::string(kNames) + ": libseccomp cannot make a filter: " +
                               std::generic_category().message(error));
  }
  void add(int call, int error, unsigned conditions, const scmp_arg_cmp* condition) {
    // The macro casts in the old style.
    const std::uint32_t action = SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
    const int failed = add_(context_.get(), action, call, conditions, condition);
    if (failed != 0) fail(-failed);
  }

  LoadedLibrary library_;
  decltype(&seccomp_rule_add_array) add_;
  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
};

void check_kernel() {
  std::uint32_t action = SECCOMP_RET_ERRNO;
  if (::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0) return;
  throw InvalidArgumentError(std::string(kNames) +
                             " need a kernel with seccomp filters, and this " + "one has none (" +
                             std::generic_category().message(errno) + "); leave them out");
}

}  // namespace

std::vector<std::uint64_t> system_call_filter(const Denied& denied) {
  if (!denied.network && !denied.processes) return {};
  check_kernel();
  FilterMaker filter;
  filter.deny(EPERM, {SCMP_SYS(ptrace), SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_getfd)});
  filter.deny(ENOSYS, {SCMP_SYS(io_uring_setup)});
  if (denied.network) {
    filter.deny(EACCES, {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen),
                         SCMP_SYS(accept), SCMP_SYS(accept4)});
    filter.deny_if(EACCES, SCMP_SYS(socketpair), {0, SCMP_CMP_NE, AF_UNIX, 0});
    filter.deny_if(EACCES, SCMP_SYS(sendto), {4, SCMP_CMP_NE, 0, 0});  // an address
  }
  if (denied.processes) {
    filter.deny(EPERM, {SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(execve), SCMP_SYS(execveat)});
    filter.deny_if(EPERM, SCMP_SYS(clone), {0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0});
    filter.deny(ENOSYS, {SCMP_SYS(clone3)});
  }
  return filter.program();
}

}  // namespace muster::detail

#else

namespace muster::detail {

std::vector<std::uint64_t> system_call_filter(const Denied& denied) {
  if (!denied.network && !denied.processes) return {};
  throw InvalidArgumentError(
      "limits.deny_network and deny_processes need libseccomp, and this build of Muster has none: "
      "install libseccomp-dev and build it again, or leave them out");
}

}  // namespace muster::detail

#endif
