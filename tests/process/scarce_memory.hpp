#pragma once

// Operator new, which finds memory or not as a test says. Of this process: workers that exist have
// a copy.

#include <functional>

namespace scarce {

enum class For { all, the_pools_threads, nobody };

// As long as it lives, only those have memory. To the test belongs the thread that has called
// this_is_the_test().
class MemoryIsLacking {
 public:
  explicit MemoryIsLacking(For whom);
  ~MemoryIsLacking();
  MemoryIsLacking(const MemoryIsLacking&) = delete;
  MemoryIsLacking& operator=(const MemoryIsLacking&) = delete;
};
void this_is_the_test();

// As long as it lives, each request that the test's thread makes in vain is told of; not more than
// one at a time.
class Refused {
 public:
  explicit Refused(std::function<void()> tell);
  ~Refused();
  Refused(const Refused&) = delete;
  Refused& operator=(const Refused&) = delete;
};

// Of this thread's requests from now on, the one that comes after `n` others finds none.
class OneRequestFails {
 public:
  explicit OneRequestFails(int n);
  ~OneRequestFails();
  OneRequestFails(const OneRequestFails&) = delete;
  OneRequestFails& operator=(const OneRequestFails&) = delete;
  bool happened() const;
};

}  // namespace scarce
