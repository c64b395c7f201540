#pragma once

// The modules of a client found again in a process that was started for its workers, where they lie
// at other addresses and were loaded in another order.

#include <cstddef>
#include <string>
#include <vector>

#include <muster/detail/modules.hpp>

namespace muster::detail {

// A module as the client knows it. Plain data.
struct ModuleMark {
  std::string file;
  std::string identity;  // LoadedModule::identity()
  bool loaded = true;
};

// Of the first so many modules of this process.
std::vector<ModuleMark> marks_of(std::size_t count);

struct ModuleMatch {
  // "": none. Else a table, a line each, of files that are not what the client has under that name.
  std::string differences;
  ModuleTable::Missing missing;
};

enum class ProgramKind {
  same,  // this process runs the client's own program
  host   // another one, which has those of the client's modules that it needs itself
};

// Gives the modules of this process the client's numbers. What the client has loaded since it began
// is loaded here as well, from the same file, but in a host. Where there are differences nothing is
// changed.
// REQUIRES: this process has one thread and has encoded nothing yet.
ModuleMatch adopt_modules(const std::vector<ModuleMark>& client, ProgramKind kind);

}  // namespace muster::detail
