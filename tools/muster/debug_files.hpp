#pragma once

#include <elfutils/libdwfl.h>

namespace muster_tool {

// How libdw finds the debug information that a file has been stripped of: among the files of this
// machine alone, by build ID, where distributions install them or beside the file, and whose build
// ID is that file's. libdw's own callbacks would ask debuginfod's servers as well, where
// DEBUGINFOD_URLS says so; with these it never does.
const Dwfl_Callbacks& local_debug_files();

}  // namespace muster_tool
