// expect: muster: this callable cannot be a task of a process pool: it is not trivially copyable
#include <string>

#include <muster/process_pool.hpp>

int main() {
  muster::ProcessPoolExecutor pool;
  const std::string text = "owned";
  muster::ProcessPoolOptions options{.initializer = [text] {}};
}
