#pragma once

#include <muster/options.hpp>

namespace muster::detail {

// Says that this process has called muster::init(), and that its children need not.
void note_init();

// Which one it is to be: never automatic. Throws InvalidStateError where it needs a
// muster::init() that was not called, or called with other privileges, and InvalidArgumentError
// where the environment names none.
StartMethod chosen_start_method(StartMethod asked);
// Of a pool with modules, whose workers run another program: always spawn, whatever this program
// calls. Throws InvalidArgumentError where another one is asked for.
StartMethod start_method_with_modules(StartMethod asked);

}  // namespace muster::detail
