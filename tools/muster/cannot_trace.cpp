#include "cannot_trace.hpp"

#include <errno.h>

#include <system_error>

#include <fmt/format.h>

#include "lib/common/small_file.hpp"
#include "lib/inspect/processes.hpp"

namespace muster_tool {

namespace {

using Reason = CannotTrace::Reason;

std::string name_of(pid_t pid) {
  const auto process = muster::detail::read_process(pid);
  return process ? fmt::format("{} ({})", pid, process->command) : fmt::format("{}", pid);
}

}  // namespace

void refuse_to_trace(pid_t pid, int error) {
  if (error == ESRCH) throw CannotTrace(fmt::format("process {} has ended", pid), Reason::ended);
  const std::string status = muster::detail::read_small_file(fmt::format("/proc/{}/status", pid));
  const auto tracer = muster::detail::number_behind(status, "TracerPid:").value_or(0);
  if (tracer > 0) {
    throw CannotTrace(fmt::format("process {} is being traced already, by process {}", pid,
                                  name_of(static_cast<pid_t>(tracer))),
                      Reason::permission);
  }
  const auto scope = muster::detail::read_number("/proc/sys/kernel/yama/ptrace_scope").value_or(0);
  if (error == EPERM && scope > 0) {
    throw CannotTrace(
        fmt::format("the kernel does not let process {} be traced: kernel.yama.ptrace_scope is {}; "
                    "{}",
                    pid, scope, scope >= 3 ? "nobody may" : "root may"),
        Reason::permission);
  }
  throw CannotTrace(
      fmt::format("process {} cannot be traced: {}{}", pid, std::generic_category().message(error),
                  error == EPERM ? "; it belongs to another user, is not dumpable or "
                                   "has more privileges than this process"
                                 : ""),
      error == EPERM ? Reason::permission : Reason::failed);
}

}  // namespace muster_tool
