// A library that does something when it is loaded, by PLUGIN_TEST_WHEN_LOADED.

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include <muster/named_task.hpp>

namespace {

[[maybe_unused]] void hang() {
  while (true) ::pause();
}
[[maybe_unused]] void throw_something() { throw std::runtime_error("no licence"); }
[[maybe_unused]] void leave() { std::exit(3); }
[[maybe_unused]] void print() { std::fputs("loaded\n", stdout); }
[[maybe_unused]] void start_thread() {
  std::thread([] { ::pause(); }).detach();
}
[[maybe_unused]] void crash() { std::raise(SIGKILL); }

struct Loaded {
  Loaded() { PLUGIN_TEST_WHEN_LOADED(); }
} loaded;

}  // namespace

MUSTER_TASK(idle, [] {})
