#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/peers/peers.hpp"
#include "bench/scenario.hpp"

namespace bench {

// How much one peer is to do in a run.
using SizeFor = std::function<std::uint64_t(const PeerEntry&)>;

// A cell for each peer that offers one of `offers`, each number of workers and each variant, so
// that what is to be compared stands together.
inline std::vector<Cell> each_peer(unsigned offers, const std::vector<std::size_t>& workers,
                                   const std::vector<std::string>& variants, const SizeFor& size) {
  std::vector<Cell> cells;
  for (const std::string& variant : variants) {
    for (const PeerEntry& peer : all_peers()) {
      if ((peer.offers & offers) == 0) continue;
      const std::vector<std::size_t> none = {0};
      for (const std::size_t count : peer.has_workers() ? workers : none) {
        cells.push_back({std::string(peer.name), count, variant, size(peer)});
      }
    }
  }
  return cells;
}

inline void append(std::vector<Cell>& cells, const std::vector<Cell>& more) {
  cells.insert(cells.end(), more.begin(), more.end());
}

}  // namespace bench
