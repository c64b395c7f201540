#pragma once

#include "page.hpp"

namespace muster_tool::top {

// What the keys do.
Page help_page();

}  // namespace muster_tool::top
