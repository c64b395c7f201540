#pragma once

#include <atomic>
#include <cstdint>

#include "lib/common/futex_mutex.hpp"

namespace muster::detail {

// What must be done for the library to be of use in a forked child, where only the forking thread
// goes on: locks that another thread held would stay locked for ever.

// Grows by one in each child, so that objects can tell a process from its parent in one load
// (getpid is a system call). Children made by vfork, or by clone without libc, are not noticed.
extern std::atomic<std::uint32_t> fork_generation_word;

inline std::uint32_t fork_generation() noexcept {
  // Relaxed: it changes only where there is one thread.
  return fork_generation_word.load(std::memory_order_relaxed);
}

// How often this process has forked, but for forks of Muster's own: from then on what it held may
// be held by a child as well.
std::uint32_t forks_of_the_program() noexcept;

// Forks of the calling thread in its scope are Muster's own.
class OwnFork {
 public:
  OwnFork() noexcept;
  ~OwnFork();
  OwnFork(const OwnFork&) = delete;
  OwnFork& operator=(const OwnFork&) = delete;
};

// A static object whose function is called in each forked child, before fork() returns there.
class ForkHandler {
 public:
  using Function = void (*)();

  explicit ForkHandler(Function in_child) noexcept;
  ForkHandler(const ForkHandler&) = delete;
  ForkHandler& operator=(const ForkHandler&) = delete;

 private:
  friend class ForkGuard;

  Function in_child_;
  ForkHandler* next_;
};

// A static mutex that no other thread holds while the process forks, so that what it protects is
// whole in the child. No such mutex is taken while another one is held.
class ForkSafeMutex : public FutexMutex {
 public:
  ForkSafeMutex() noexcept;

 private:
  friend class ForkGuard;

  ForkSafeMutex* next_;
};

}  // namespace muster::detail
