#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "bench/peers/peer.hpp"

namespace bench {

// What a peer offers, as bits: operations of Peer.
enum Offer : unsigned {
  kFutures = 1,   // kept, windowed
  kPlain = 2,     // without_futures
  kOneByOne = 4,  // one_at_a_time
  kMap = 8,
  kBurn = 16,      // burn_all
  kTransfer = 32,  // to_worker, from_worker
  kThreads = 64,   // kept by several threads at once
  kGzip = 128,     // compresses a file; see scenarios/gzip.cpp
  kShare = 256,    // share_doubles, to_worker_shared, from_worker_shared
  kView = 512,     // from_worker_viewed
  kKeep = 1024,    // keep_doubles, sum_of_kept
  kStart = 2048,   // kept, and is like another peer but for how it starts
};

// How it stands to the workers that it is told.
enum class Workers {
  own,          // it has them
  client_too,   // this thread works along while it waits, and is one of them
  none,         // it has none
  thread_each,  // a thread for each task
};

struct PeerEntry {
  std::string_view name;   // in options, cells and JSON
  std::string_view title;  // for the reader
  unsigned offers = 0;
  Workers workers = Workers::own;
  std::uint64_t tasks = 0;  // empty ones that take it about 0.3 s
  std::uint64_t calls = 0;  // empty ones that take it so long one at a time
  std::unique_ptr<Peer> (*make)() = nullptr;
  std::string (*why_missing)() = nullptr;  // null: it never is
  bool quick = false;                      // measured in all scenarios with --quick, too

  bool has_workers() const { return workers == Workers::own || workers == Workers::client_too; }
};

// Whether it is one of Muster's own pools.
inline bool is_own(const PeerEntry& peer) {
  return peer.name == "process" || peer.name == "thread";
}

// Whether its tasks run in an interpreter.
bool is_python(const PeerEntry& peer);

// All there are, in the order of the tables. A new one is a file of its own in this folder, a line
// in makers.hpp and one in peers.cpp.
std::span<const PeerEntry> all_peers();

// Null if there is none of that name.
const PeerEntry* find_peer(std::string_view name);

// Why it cannot be measured here, as in "install libtbb-dev"; "" where it can. Throws
// MeasurementError with what is wrong if what it needs is there and does not work.
std::string why_missing(const PeerEntry& peer);

// The title of a peer; the name itself where there is none of that name.
std::string_view title_of(std::string_view name);

// Makes a peer, with its workers started or not. Throws MeasurementError if there is none of that
// name or it is missing, and what the peer throws.
std::unique_ptr<Peer> prepare_peer(std::string_view name);
std::unique_ptr<Peer> make_peer(std::string_view name, std::size_t workers);

}  // namespace bench
