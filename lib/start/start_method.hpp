#pragma once

#include <muster/options.hpp>

namespace muster::detail {

// Says that this process has called muster::init(), and that its children need not.
void note_init();

// Which one it is to be: never automatic. Throws InvalidStateError where it needs a
// muster::init() that was not called, or called with other privileges, and InvalidArgumentError
// where the environment names none.
StartMethod chosen_start_method(StartMethod asked);

}  // namespace muster::detail
