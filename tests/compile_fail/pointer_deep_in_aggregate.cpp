// expect: muster: a member of this aggregate is a pointer, a reference or a view
// expect: CannotTravel<Inner
#include <muster/process_pool.hpp>

struct Inner {
  int size;
  int* values;
};
struct Outer {
  char name[8];
  Inner parts[2];
};
void take(const Outer&) {}

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(take, Outer());
}
