// expect: muster: a task must be a function, a pointer to member, a lambda or an object with a call
// operator
#include <muster/process_pool.hpp>

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(1);
}
