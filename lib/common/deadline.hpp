#pragma once

// The class stands in the public tree because templates there take deadlines; the library
// includes it by this name.
#include <muster/detail/deadline.hpp>
