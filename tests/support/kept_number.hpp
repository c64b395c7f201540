#pragma once

namespace test_support {

// What tasks of a test and of its plugin keep together in their worker.
struct KeptNumber {
  int value = 0;
};

struct MakesKeptNumber {
  KeptNumber operator()() const { return {100}; }
};

}  // namespace test_support
