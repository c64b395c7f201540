#pragma once

#include <string>
#include <vector>

namespace muster_tool {

// What was found about one thing that Muster uses.
struct Diagnosis {
  enum class Level {
    fine,     // it is there
    less,     // it is not, or not all of it, and Muster does without
    missing,  // it is not, and Muster cannot run
    fact,     // good to know
  };
  std::string subject;  // "futex_waitv"
  Level level = Level::fine;
  std::string finding;      // a sentence without a full stop
  std::string consequence;  // with Level::less and missing: what Muster does instead
};
// "fine".
std::string_view to_string(Diagnosis::Level level);

using Diagnoses = std::vector<Diagnosis>;

// Each asks the system by doing it, and not by its version.

// Calls of the kernel that Muster makes.
Diagnoses diagnose_kernel();
// Processors, memory, cgroups, limits and settings.
Diagnoses diagnose_machine();
// Whether a pool can be made, runs a task, survives a worker's death and ends.
Diagnoses diagnose_pool();

}  // namespace muster_tool
