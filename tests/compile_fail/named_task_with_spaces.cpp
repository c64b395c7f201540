// expect: muster: a task's name is an identifier or a string literal
#include <muster/named_task.hpp>

int answer() { return 42; }
MUSTER_TASK("the answer", answer)

int main() {}
