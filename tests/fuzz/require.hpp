#pragma once

#include <cstdio>
#include <cstdlib>

namespace fuzz {

// What must hold whatever the bytes are. Where it does not, the input is kept as one that crashes.
inline void require(bool holds, const char* sentence) {
  if (holds) return;
  std::fprintf(stderr, "what must hold does not: %s\n", sentence);
  std::abort();
}

}  // namespace fuzz
