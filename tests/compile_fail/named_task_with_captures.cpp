// expect: muster: MUSTER_TASK takes a function
#include <muster/named_task.hpp>

int number = 42;
MUSTER_TASK(answer, [given = number] { return given; })

int main() {}
