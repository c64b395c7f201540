// A second translation unit: what the headers define must not be defined twice.
#include "checks.hpp"

#include <numeric>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace {

int triple(int value) { return 3 * value; }

std::string joined(std::string_view left, const std::string& right) {
  return std::string(left) + right;
}

int refuse(int value) { throw std::out_of_range("refused " + std::to_string(value)); }

}  // namespace

void check(bool truth, const std::string& claim) {
  if (!truth) throw std::logic_error("not true: " + claim);
}

void check_pool(muster::Executor& pool) {
  check(pool.submit(&triple, 14).result() == 42, "a function gives its result");
  check(pool.submit(&joined, "mus", "ter").result() == "muster", "text travels");

  std::vector<int> numbers(100);
  std::iota(numbers.begin(), numbers.end(), 0);
  int expected = 0;
  for (int value : pool.map(&triple, numbers)) {
    check(value == expected, "map gives results in the order of the inputs");
    expected += 3;
  }
  check(expected == 300, "map gives every result");

  try {
    pool.submit(&refuse, 7).result();
    check(false, "a task's exception is rethrown");
  } catch (const std::out_of_range& error) {
    check(error.what() == std::string("refused 7"), "an exception keeps its message");
  }
}
