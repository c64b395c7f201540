#pragma once

// What tasks really did: each marks its entry when it begins and when it ends, in memory that the
// client shares with its workers and that no recovery touches.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "support/shared_object.hpp"

namespace steps {

struct LedgerEntry {
  std::atomic<std::uint32_t> begun;
  std::atomic<std::uint32_t> ended;
};

class Ledger {
 public:
  static constexpr std::size_t kEntries = 1024;

  // Mapped before the first fork, so that it lies at one address everywhere.
  static LedgerEntry* entries() {
    static auto& all = test_support::map_shared<Entries>();
    return all.of;
  }
  static LedgerEntry& at(std::uint32_t entry) { return entries()[entry % kEntries]; }

  // REQUIRES: no task that marks runs.
  static void clear() {
    for (std::size_t i = 0; i < kEntries; ++i) {
      entries()[i].begun.store(0);
      entries()[i].ended.store(0);
    }
  }

 private:
  struct Entries {
    LedgerEntry of[kEntries];
  };
};

// Marks the body of a task.
class Marked {
 public:
  explicit Marked(std::uint32_t entry) : entry_(entry) { Ledger::at(entry_).begun.fetch_add(1); }
  ~Marked() { Ledger::at(entry_).ended.fetch_add(1); }
  Marked(const Marked&) = delete;
  Marked& operator=(const Marked&) = delete;

 private:
  std::uint32_t entry_;
};

}  // namespace steps
