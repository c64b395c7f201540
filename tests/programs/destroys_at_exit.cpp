// A task destroys its own pool, so that nobody joins its thread, and leaves an object to its worker
// whose destructor goes on when main() waits for it.

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <utility>

#include <muster/muster.hpp>

#include "support/init.hpp"
#include "support/thread_state.hpp"

namespace {

pid_t main_thread = 0;

struct Late {
  ~Late() {
    test_support::wait_until_asleep(main_thread);
    std::puts("destroyed");
    std::fflush(stdout);
  }
};

}  // namespace

int main() {
  test_support::init_as_told();
  main_thread = test_support::current_thread_id();
  static std::atomic<bool> submitted = false;
  auto pool =
      std::make_unique<muster::ThreadPoolExecutor>(muster::ThreadPoolOptions{.max_workers = 1});
  muster::ThreadPoolExecutor& executor = *pool;
  auto task = executor.submit([pool = std::move(pool)]() mutable {
    submitted.wait(false);  // the pool is in use until then
    muster::this_worker::local<Late>();
    pool.reset();
  });
  submitted = true;
  submitted.notify_one();
  while (!task.done()) {  // without sleeping: the first sleep is that of the program's end
  }
}
