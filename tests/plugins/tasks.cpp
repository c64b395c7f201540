// A library with tasks, which the tests' programs do not contain. PLUGIN_TEST_BUILD tells its
// builds apart.

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/muster.hpp>

#include "plugins/types.hpp"

MUSTER_REGISTER_EXCEPTION(plugin_test::ParseError)

namespace {

int square(int x) { return x * x; }

std::string join(const std::vector<std::string>& words, std::string_view between) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : std::string(between)) + word;
  return all;
}

double sum(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

plugin_test::Point mirror(plugin_test::Point point) { return {point.y, point.x}; }

int parse(const std::string& text) {
  if (text.empty()) throw std::invalid_argument("nothing to parse");
  if (text.front() < '0' || text.front() > '9') throw plugin_test::ParseError(text);
  return std::stoi(text);
}

int kept = 0;

std::size_t allocate(std::size_t size) { return std::vector<char>(size).size(); }

[[noreturn]] void wait_for_signal() {
  while (true) ::pause();
}

void fill(const muster::SharedArray<int>& array, int value) {
  for (int& element : array) element = value;
}

int apply(muster::NamedTask<int(int)> task, int x) { return task(x); }

}  // namespace

MUSTER_TASK(square, square)
MUSTER_TASK("text.join", join)
MUSTER_TASK(sum, sum)
MUSTER_TASK(mirror, mirror)
MUSTER_TASK(parse, parse)
MUSTER_TASK(pid, ::getpid)
MUSTER_TASK(parent, ::getppid)
MUSTER_TASK(die, [](int signal) { std::raise(signal); })
MUSTER_TASK(leave, [](int status) { ::_exit(status); })
MUSTER_TASK(keep, [] { ++kept; })
MUSTER_TASK(kept, [] { return kept; })
MUSTER_TASK(allocate, allocate)
MUSTER_TASK(wait_for_signal, [] { wait_for_signal(); })
MUSTER_TASK(fill, fill)
MUSTER_TASK(apply, apply)
MUSTER_TASK(build, [] { return PLUGIN_TEST_BUILD; })
MUSTER_TASK(environment, [](const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return std::string(value != nullptr ? value : "");
})
