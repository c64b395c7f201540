#include <algorithm>
#include <functional>

#include <muster/detail/completion_queue.hpp>
#include <muster/wait.hpp>

namespace muster::detail {
namespace {

bool failed(StateBase& state) {
  // What came as bytes may turn out to be an error only when it is decoded.
  state.settle(Deadline::never());
  return state.phase() == Phase::failed;
}

void wait_for_all(std::span<StateBase* const> states, Deadline until) {
  for (StateBase* state : states) {
    if (!state->wait(until)) return;
  }
}

// Until one is done that ends the wait, or all are.
template <class EndsIt>
void wait_for_first(std::span<StateBase* const> states, Deadline until, EndsIt&& ends_it) {
  bool enough = false;
  for (StateBase* state : states) enough |= state->poll_done() && ends_it(*state);
  if (enough) return;
  CompletionQueue queue;
  for (std::size_t i = 0; i < states.size(); ++i) queue.watch(*states[i], i);
  std::size_t number;
  while (queue.watched() != 0 && queue.next(until, number)) {
    if (ends_it(*states[number])) return;
  }
}

}  // namespace

bool has_duplicates(std::vector<StateBase*> states) {
  std::sort(states.begin(), states.end(), std::less<>());
  return std::adjacent_find(states.begin(), states.end()) != states.end();
}

void wait_for(std::span<StateBase* const> states, const WaitOptions& options) {
  const Deadline until = options.timeout ? Deadline::after(*options.timeout) : Deadline::never();
  switch (options.return_when) {
    case ReturnWhen::all_completed: return wait_for_all(states, until);
    case ReturnWhen::first_completed:
      return wait_for_first(states, until, [](StateBase&) { return true; });
    case ReturnWhen::first_exception: return wait_for_first(states, until, failed);
  }
}

}  // namespace muster::detail
