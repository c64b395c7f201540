#pragma once

#include <cstdint>
#include <future>
#include <type_traits>
#include <variant>
#include <vector>

namespace bench {

// How a pool without submit(function, arguments...) is given a task: a packaged_task with the
// arguments in it.
template <class Function, class... Arguments>
auto packaged(Function function, Arguments... arguments) {
  using Result = std::invoke_result_t<Function&, Arguments&...>;
  return std::packaged_task<Result()>(
      [function, arguments...]() mutable { return function(arguments...); });
}

// One of any kind that the scenarios use, for queues: without an allocation of its own, as in a
// pool that is made for tasks of one kind.
using AnyPackaged =
    std::variant<std::packaged_task<int()>, std::packaged_task<std::int64_t()>,
                 std::packaged_task<double()>, std::packaged_task<std::vector<double>()>>;

inline void run(AnyPackaged& task) {
  std::visit([](auto& packaged_task) { packaged_task(); }, task);
}

}  // namespace bench
