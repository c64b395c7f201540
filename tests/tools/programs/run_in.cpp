// run_in SITUATION PROGRAM [ARGUMENT ...]: becomes the program, in a situation that a test cannot
// put itself into.

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>

#include "support/privileges.hpp"

namespace {

void check(bool done, const char* what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

void arrange(const std::string& situation) {
  if (situation == "another-user") {
    test_support::drop_privileges();
  } else if (situation == "plain-user") {
    // Root may look into everything by a capability, which other users do not have.
    if (::geteuid() != 0) return;
    check(::prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0) == 0, "prctl");
  } else if (situation == "full-disk") {
    const int full = ::open("/dev/full", O_WRONLY);
    check(full >= 0 && ::dup2(full, STDOUT_FILENO) >= 0, "/dev/full");
  } else {
    throw std::invalid_argument("no situation " + situation);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 3) throw std::invalid_argument("SITUATION PROGRAM [ARGUMENT ...]");
    // Opened first: another user may not be allowed into the folder where it lies.
    const int program = ::open(argv[2], O_RDONLY | O_CLOEXEC);
    check(program >= 0, argv[2]);
    arrange(argv[1]);
    ::fexecve(program, argv + 2, environ);
    check(false, "fexecve");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "run_in: %s\n", error.what());
  }
  return 125;
}
