#pragma once

// The libraries of this folder, by their files, and where muster-worker is.

#include <cstdlib>
#include <string>

namespace plugin_test {

inline std::string library(const std::string& name) {
  return std::string(PLUGIN_TEST_LIBRARIES) + "/libplugin_test_" + name + ".so";
}

// Before any test: the programs of a build tree have it nowhere near them.
inline const bool told_where_worker_is = ::setenv("MUSTER_WORKER", PLUGIN_TEST_WORKER, 1) == 0;

// What the call throws; "" where it throws nothing.
template <class Call>
std::string sentence_of(Call call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace plugin_test
