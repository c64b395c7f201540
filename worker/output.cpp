#include "worker/output.hpp"

#include <ext/stdio_sync_filebuf.h>
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
  // With std::ios::sync_with_stdio(false), cout has a buffer of its own. Looked up once: a program
  // that changes it does so before it prints, and so before it makes pools.
  static const bool own_buffer =
      dynamic_cast<__gnu_cxx::stdio_sync_filebuf<char>*>(std::cout.rdbuf()) == nullptr;
  if (own_buffer) std::cout.flush();
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
