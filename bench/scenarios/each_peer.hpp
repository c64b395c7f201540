#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/peers/peers.hpp"
#include "bench/scenario.hpp"

namespace bench {

// A cell for each peer that offers `offer`, each number of workers and each variant, so that what
// is to be compared stands together.
inline std::vector<Cell> each_peer(Offer offer, const std::vector<std::size_t>& workers,
                                   const std::vector<std::string>& variants, std::uint64_t size) {
  std::vector<Cell> cells;
  for (const std::string& variant : variants) {
    for (const PeerEntry& peer : all_peers()) {
      if ((peer.offers & offer) == 0) continue;
      const std::vector<std::size_t> none = {0};
      for (const std::size_t count : peer.has_workers ? workers : none) {
        cells.push_back({std::string(peer.name), count, variant, size});
      }
    }
  }
  return cells;
}

}  // namespace bench
