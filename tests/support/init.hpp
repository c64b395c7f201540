#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include <muster/init.hpp>
#include <muster/options.hpp>

#include "support/proc.hpp"

namespace test_support {

// How pools start that do not say so themselves.
inline muster::StartMethod start_method() {
  const char* const text = std::getenv("MUSTER_START_METHOD");
  const std::string_view method = text == nullptr ? "fork" : text;
  if (method == "forkserver") return muster::StartMethod::forkserver;
  return method == "spawn" ? muster::StartMethod::spawn : muster::StartMethod::fork;
}

// Whether they are copies of the test as it is when it makes them.
inline bool pools_are_forked() { return start_method() == muster::StartMethod::fork; }

// Calls muster::init() where MUSTER_START_METHOD in the environment wants it: else tests are to see
// what a program is like that does not.
inline void init_as_told() {
  if (!pools_are_forked()) muster::init();
}

// The fork server of this test; 0: it has none. Just made, it may not have its name yet.
inline pid_t own_fork_server() {
  pid_t server = 0;
  while (!pools_are_forked() && server == 0) server = fork_server_of(::getpid());
  return server;
}

// In a test whose pools are to have what the test made before them.
#define MUSTER_NEEDS_FORK(what) \
  if (!test_support::pools_are_forked()) GTEST_SKIP() << "only forked workers have " << (what)

}  // namespace test_support
