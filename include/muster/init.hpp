#pragma once

namespace muster {

// To be called at the top of main, before any thread: prepares the start methods that need a
// process as it was then (forkserver) or a fresh run of the program (spawn). Pools that use
// StartMethod::fork do not need it. May be called again.
//
// In this version all pools are started by fork, and it has nothing to prepare.
void init();

}  // namespace muster
