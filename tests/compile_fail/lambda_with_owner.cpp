// expect: muster: this callable cannot be a task of a process pool: it is not trivially copyable
// expect: pass strings, vectors and other owners as arguments
#include <string>

#include <muster/process_pool.hpp>

int main() {
  muster::ProcessPoolExecutor pool;
  const std::string text = "owned";
  pool.submit([text] { return text.size(); });
}
