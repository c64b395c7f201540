#include "bench/catalogue.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bench/peers/peers.hpp"
#include "bench/scenarios.hpp"

namespace bench {

namespace {

// "; missing: install pigz"; "" for what is there.
std::string absence_of(const PeerEntry& peer) {
  try {
    const std::string missing = why_missing(peer);
    return missing.empty() ? "" : "; missing: " + missing;
  } catch (const MeasurementError& error) {
    return fmt::format("; does not work: {}", error.what());
  }
}

}  // namespace

Choices all_choices() {
  Choices choices;
  for (const auto& each : all_scenarios()) choices.scenarios.emplace_back(each->name());
  for (const PeerEntry& peer : all_peers()) choices.peers.emplace_back(peer.name);
  return choices;
}

std::vector<const Scenario*> scenarios_named(const std::vector<std::string>& names) {
  std::vector<const Scenario*> named;
  for (const auto& each : all_scenarios()) {
    if (names.empty() || std::ranges::find(names, each->name()) != names.end()) {
      named.push_back(each.get());
    }
  }
  return named;
}

std::string list_text() {
  std::string text = "Scenarios:\n";
  for (const auto& each : all_scenarios()) {
    text += fmt::format("  {}: {}\n", each->name(), each->summary());
  }
  text += "Peers:\n";
  for (const PeerEntry& peer : all_peers()) {
    text += fmt::format("  {}: {}{}\n", peer.name, peer.title, absence_of(peer));
  }
  return text;
}

}  // namespace bench
