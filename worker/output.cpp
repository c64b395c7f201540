#include "worker/output.hpp"

#include <stdio_ext.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace muster::detail {

void flush_before_fork() {
  std::cout.flush();
  std::clog.flush();
  std::fflush(nullptr);
}

void flush_output() {
  std::cout.flush();
  std::clog.flush();
  std::fflush(stdout);
  std::fflush(stderr);
}

void flush_task_output() {
  if (::__fpending(stdout) != 0) std::fflush(stdout);
}

void guard_exit() {
  // Registered last, so run first. on_exit, because it is told the status.
  ::on_exit(
      [](int status, void*) {
        flush_output();
        ::_exit(status);
      },
      nullptr);
}

}  // namespace muster::detail
