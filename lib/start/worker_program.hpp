#pragma once

#include <string>

namespace muster::detail {

// The file of muster-worker: what MUSTER_WORKER in the environment says; else where it is installed
// with libmuster.so, or beside that; with a static library, beside this program; else in one of the
// folders of PATH. Throws Error, which names the places, where there is none.
std::string worker_program();

}  // namespace muster::detail
