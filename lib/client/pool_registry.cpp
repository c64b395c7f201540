#include "lib/client/pool_registry.hpp"

#include <mutex>
#include <vector>

#include "lib/client/process_core.hpp"
#include "lib/common/fork_guard.hpp"

namespace muster::detail {

namespace {

ForkSafeMutex mutex;

// Never destroyed: pools may end after static objects.
std::vector<ProcessCore*>& pools() {
  static auto* list = new std::vector<ProcessCore*>;
  return *list;
}

const ForkHandler in_child([] {
  for (ProcessCore* core : pools()) core->release_in_child();
  pools().clear();
});

}  // namespace

void register_pool(ProcessCore& core) {
  const std::lock_guard lock(mutex);
  pools().push_back(&core);
}

void unregister_pool(ProcessCore& core) {
  const std::lock_guard lock(mutex);
  std::erase(pools(), &core);
}

}  // namespace muster::detail
