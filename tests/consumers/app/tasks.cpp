// A library with a task, outside Muster.
#include <string>

#include <muster/named_task.hpp>

MUSTER_TASK("app.greeting", [](const std::string& name) { return "Hello, " + name; })
