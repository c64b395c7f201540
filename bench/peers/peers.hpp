#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "bench/peers/peer.hpp"

namespace bench {

// What a peer offers, as bits.
enum Offer : unsigned {
  kFutures = 1,  // kept, windowed, one_at_a_time
  kMap = 2,
};

struct PeerEntry {
  std::string_view name;   // in cells and JSON
  std::string_view title;  // for the reader
  unsigned offers = 0;
  bool has_workers = true;
  std::unique_ptr<Peer> (*make)(std::size_t workers) = nullptr;
};

// All there are, in the order of the tables. A new one is a file of its own in this folder and a
// line in peers.cpp.
std::span<const PeerEntry> all_peers();

// The title of a peer; the name itself where there is none of that name.
std::string_view title_of(std::string_view name);

// Makes a peer with its workers started. Throws MeasurementError if there is none of that name,
// and what the peer throws.
std::unique_ptr<Peer> make_peer(const std::string& name, std::size_t workers);

}  // namespace bench
