// Another source file, whose names are those of worker_local_test.cpp and mean something else.

#include <cstdint>

#include <muster/this_task.hpp>

namespace {

struct State {
  std::int64_t numbers[512] = {4};
};

}  // namespace

static std::int64_t number_of_lambda() {
  return muster::this_worker::local<std::int64_t>([] { return std::int64_t{40}; });
}

std::int64_t numbers_elsewhere() {
  State& state = muster::this_worker::local<State>();
  state.numbers[511] = 400;
  return state.numbers[0] + state.numbers[511] + number_of_lambda();
}
