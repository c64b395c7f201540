#pragma once

#include <grp.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace test_support {

// Root's processes have no limit that fork() minds. A process of root's becomes one of a user who
// has no other; anybody else's stays as it is.
inline void drop_privileges() {
  if (::geteuid() != 0) return;
  const uid_t nobody_else = 20'000 + static_cast<uid_t>(::getpid()) % 40'000;
  if (::setgroups(0, nullptr) != 0 || ::setresgid(nobody_else, nobody_else, nobody_else) != 0 ||
      ::setresuid(nobody_else, nobody_else, nobody_else) != 0) {
    throw std::system_error(errno, std::generic_category(), "dropping root's privileges");
  }
  // As for a program that such a user started: its /proc is its own.
  ::prctl(PR_SET_DUMPABLE, 1);
}

}  // namespace test_support
