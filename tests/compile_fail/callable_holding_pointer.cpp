// expect: muster: a member of this callable is a pointer, a reference or a view
// expect: muster::bitwise(fn)
// expect: CallableCannotTravel<Sum
#include <muster/process_pool.hpp>

struct Sum {
  const int* values;
  int operator()() const { return values[0]; }
};

int main() {
  muster::ProcessPoolExecutor pool;
  const int value = 1;
  pool.submit(Sum{&value});
}
