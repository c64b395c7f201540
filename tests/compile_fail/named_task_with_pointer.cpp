// expect: muster: a raw pointer cannot travel
// expect: CannotTravel<const int
#include <muster/named_task.hpp>

int first(const int* values) { return values[0]; }
MUSTER_TASK(first, first)

int main() {}
