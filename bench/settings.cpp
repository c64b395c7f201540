#include "bench/settings.hpp"

#include <fnmatch.h>

namespace bench {

bool Settings::wants(const std::string& peer) const {
  if (peers.empty()) return true;
  return std::any_of(peers.begin(), peers.end(), [&](const std::string& pattern) {
    return !peer.empty() && ::fnmatch(pattern.c_str(), peer.c_str(), 0) == 0;
  });
}

}  // namespace bench
