// A second library beside tasks.cpp; one build of it has a name that is taken there.

#include <muster/named_task.hpp>

MUSTER_TASK(cube, [](int x) { return x * x * x; })
#ifdef PLUGIN_TEST_TAKEN_NAME
MUSTER_TASK(square, [](long x) { return x * x; })
#endif
