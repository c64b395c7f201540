#pragma once

// A pool of one worker that is to be replaced after its first task, and a task that waits for the
// next one.

#include <sys/types.h>

#include <cstdio>

#include <muster/muster.hpp>

#include "support/proc.hpp"
#include "support/shared_memory_latch.hpp"

// Has the replacement fail: `hinder` gets the supervisor's pid, and says false where it could not.
// 0: the pool broke, and the task that waited has said why, which is printed.
template <class Hinder>
int await_failed_replacement(muster::ProcessPoolExecutor& pool, Hinder&& hinder) {
  const pid_t supervisor = test_support::parent_of(pool.worker_pids().at(0));
  const test_support::SharedGate gate;
  auto first = pool.submit([gate] {
    gate.wait();
    return 1;
  });
  auto stranded = pool.submit([] { return 2; });
  if (!hinder(supervisor)) {
    std::perror("what is to hinder the replacement");
    return 1;
  }
  gate.open();
  if (first.result() != 1) return 2;
  try {
    stranded.result();
    return 3;
  } catch (const muster::BrokenProcessPool& error) {
    std::printf("BrokenProcessPool: %s\n", error.what());
  }
  return 0;
}
