// expect: muster: a member of this aggregate is a pointer, a reference or a view
// expect: CannotTravel<Holder
#include <muster/process_pool.hpp>

struct Holder {
  int& value;
};
int get(Holder holder) { return holder.value; }

int main() {
  muster::ProcessPoolExecutor pool;
  int value = 1;
  pool.submit(get, Holder{value});
}
