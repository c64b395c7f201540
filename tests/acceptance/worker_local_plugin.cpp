// A module whose tasks keep objects in their worker. It takes what it needs of Muster from the
// program that loads it.

#include <muster/this_task.hpp>

#include "support/kept_number.hpp"

extern "C" {

#pragma GCC visibility push(default)
int muster_test_plugin_add_to_shared(int more) {
  using namespace test_support;
  return muster::this_worker::local<KeptNumber>(MakesKeptNumber{}).value += more;
}

int muster_test_plugin_add_to_own(int more) {
  return muster::this_worker::local<test_support::KeptNumber>([] {
           return test_support::KeptNumber{1000};
         }).value += more;
}
#pragma GCC visibility pop

}  // extern "C"
