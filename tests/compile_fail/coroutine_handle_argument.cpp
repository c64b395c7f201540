// expect: muster: this type holds an address that means nothing in another process
// expect: coroutine_handle<
#include <coroutine>

#include <muster/process_pool.hpp>

void resume(std::coroutine_handle<> handle) { handle.resume(); }

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(resume, std::noop_coroutine());
}
