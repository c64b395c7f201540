#include "bench/known_cells.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/peers/peers.hpp"

namespace bench {

namespace {

// "as "kept" by process, thread; as "windowed" by process". REQUIRES: cells of one scenario.
std::string offers_text(const std::vector<Cell>& cells) {
  std::vector<std::string> variants;
  for (const Cell& cell : cells) {
    if (std::ranges::find(variants, cell.variant) == variants.end()) {
      variants.push_back(cell.variant);
    }
  }
  std::vector<std::string> parts;
  for (const std::string& variant : variants) {
    std::vector<std::string> peers;
    bool payload = false;
    for (const Cell& cell : cells) {
      if (cell.variant != variant) continue;
      payload = payload || cell.payload != 0;
      if (!cell.peer.empty() && std::ranges::find(peers, cell.peer) == peers.end()) {
        peers.push_back(cell.peer);
      }
    }
    std::vector<std::string> words;
    if (!variant.empty()) words.push_back(fmt::format("as \"{}\"", variant));
    if (payload) words.emplace_back("with a payload");
    if (!peers.empty()) words.push_back(fmt::format("by {}", fmt::join(peers, ", ")));
    parts.push_back(fmt::format("{}", fmt::join(words, " ")));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace

void require_known(const Scenario& scenario, const Cell& cell) {
  if (!cell.peer.empty() && find_peer(cell.peer) == nullptr) {
    throw NoSuchCell(fmt::format("there is no peer \"{}\"", cell.peer));
  }
  const std::vector<Cell> cells = scenario.cells(Settings{});
  const auto alike = [&](const Cell& other) {
    return other.peer == cell.peer && other.variant == cell.variant;
  };
  const auto known = std::find_if(cells.begin(), cells.end(), [&](const Cell& other) {
    return alike(other) && (other.payload == 0) == (cell.payload == 0);
  });
  if (known == cells.end()) {
    const bool without = cell.payload == 0 && std::any_of(cells.begin(), cells.end(), alike);
    const std::string payload = without ? " without a payload" : " with a payload";
    throw NoSuchCell(fmt::format("{} is not played{}{}{}; it is played {}", scenario.name(),
                                 cell.variant.empty() ? "" : " as \"" + cell.variant + '"',
                                 without || cell.payload != 0 ? payload : "",
                                 cell.peer.empty() ? "" : " by " + cell.peer, offers_text(cells)));
  }
  if (!known->missing.empty()) {
    throw MeasurementError(fmt::format("{} is missing: {}", title_of(cell.peer), known->missing));
  }
  if (cell.size == 0 || cell.threads == 0) {
    throw MeasurementError("a cell does something at least once, from one thread or more");
  }
  const PeerEntry* const peer = find_peer(cell.peer);
  if (peer != nullptr && peer->has_workers() && cell.workers == 0) {
    throw MeasurementError(fmt::format("{} needs a worker or more", cell.peer));
  }
}

}  // namespace bench
