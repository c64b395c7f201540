#pragma once

#include <elfutils/libdwfl.h>
#include <sys/types.h>

#include <memory>

#include "mapped_files.hpp"

namespace muster_tool {

struct EndDwfl {
  void operator()(Dwfl* dwfl) const { ::dwfl_end(dwfl); }
};
using DwflSession = std::unique_ptr<Dwfl, EndDwfl>;

// Adds the file to what the session knows, at its place in the process. Null where it cannot be
// had, or is none with code.
Dwfl_Module* report_file(Dwfl* dwfl, pid_t pid, const MappedFile& file);

// A session that knows all files with code that the process has mapped now. Null where the process
// is gone or hides them.
DwflSession session_of_process(pid_t pid);

}  // namespace muster_tool
