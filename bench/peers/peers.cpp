#include "bench/peers/peers.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "bench/peers/muster_peer.hpp"
#include "bench/peers/serial_loop.hpp"
#include "bench/sample.hpp"

namespace bench {

namespace {

constexpr std::array kPeers = {
    PeerEntry{"process", "process pool", kFutures | kMap, true, &make_process_pool},
    PeerEntry{"thread", "thread pool", kFutures | kMap, true, &make_thread_pool},
    PeerEntry{"serial", "serial loop", kMap, false, &make_serial_loop},
};

const PeerEntry* find(std::string_view name) {
  const auto found = std::find_if(kPeers.begin(), kPeers.end(),
                                  [&](const PeerEntry& entry) { return entry.name == name; });
  return found == kPeers.end() ? nullptr : &*found;
}

}  // namespace

std::span<const PeerEntry> all_peers() { return kPeers; }

std::string_view title_of(std::string_view name) {
  const PeerEntry* const entry = find(name);
  return entry == nullptr ? name : entry->title;
}

std::unique_ptr<Peer> make_peer(const std::string& name, std::size_t workers) {
  const PeerEntry* const entry = find(name);
  if (entry == nullptr) throw MeasurementError(fmt::format("there is no peer \"{}\"", name));
  return entry->make(workers);
}

}  // namespace bench
