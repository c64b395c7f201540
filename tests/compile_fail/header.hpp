// What the programs of this folder include, compiled once: else each would take as long for it as
// for all that it is about. It is included by none of them, so it is not guarded.
#include <muster/process_pool.hpp>
