// A module that tests load and unload.

#include <cstdlib>

namespace {

// In the module's own symbol table alone.
int hidden_answer(int x) {
  if (x < 0) std::abort();
  return x + MUSTER_TEST_PLUGIN_ADDS;
}

}  // namespace

extern "C" {

int muster_test_plugin_answer(int x) { return x + MUSTER_TEST_PLUGIN_ADDS; }

int (*muster_test_plugin_hidden())(int) { return &hidden_answer; }

}  // extern "C"
