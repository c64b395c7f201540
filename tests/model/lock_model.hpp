#pragma once

// Threads that take a lock, which is the shipped code (biased_mutex.hpp, futex_mutex.hpp), and what
// they change under it. Never are two of them inside, each sees what the ones before it did, and
// nobody sleeps for ever.

#include <memory>
#include <string>
#include <vector>

#include "tests/model/scheduler.hpp"

namespace muster::model {

enum class LockKind {
  two_favourites,  // a BiasedMutex with room for so many
  one_favourite,
  futex,  // a FutexMutex
};

struct LockShape {
  std::string name;
  LockKind kind = LockKind::two_favourites;
  // Of each thread, how often it takes the lock. After each number its end has begun, and what is
  // taken after that is taken in destructors.
  std::vector<std::vector<unsigned>> threads;
};

std::unique_ptr<Program> make_lock(const LockShape& shape);

}  // namespace muster::model
