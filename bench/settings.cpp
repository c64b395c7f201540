#include "bench/settings.hpp"

#include "bench/patterns.hpp"

namespace bench {

bool Settings::wants(const std::string& peer) const {
  return peers.empty() || (!peer.empty() && matches_any(peers, peer));
}

}  // namespace bench
