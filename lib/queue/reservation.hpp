#pragma once

// What a worker has taken from the ring and not begun: announced, so that it is not stuck behind
// a long task while others idle.
//
// Written by its worker alone; read by idle workers and by the supervisor. A reader that finds a
// hint here claims its task in the slot table like any other; the reservation gives no right to
// it. So what is read here may be stale or torn: a claim of the wrong tag fails.
//
// If the worker dies here: the hints it announced are counted for the report and found again by
// the sweep.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/queue/hint_ring.hpp"

namespace muster::detail {

inline constexpr std::size_t kMaxReserved = 16;

template <class Platform>
struct alignas(64) BasicReservation {
  template <class T>
  using Atomic = typename Platform::template Atomic<T>;

  Atomic<std::uint32_t> count;
  Atomic<std::uint32_t> begun;
  Atomic<std::uint64_t> hints[kMaxReserved];

  // Owner, before the hints become its own.
  void announce(std::span<const std::uint64_t> taken) {
    count.store(0, std::memory_order_relaxed);  // nothing depends on the order: see the top
    begun.store(0, std::memory_order_relaxed);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      hints[i].store(taken[i], std::memory_order_relaxed);
    }
    // Release pairs with for_each(); the swap of head in the ring orders it for idle workers.
    count.store(static_cast<std::uint32_t>(taken.size()), std::memory_order_release);
  }

  // Owner: the next one is begun, or dropped.
  void advance(std::size_t begun_now) {
    begun.store(static_cast<std::uint32_t>(begun_now), std::memory_order_relaxed);
  }

  // Anybody: how many are not begun.
  std::uint32_t left() const {
    std::uint32_t hints_left = 0;
    for_each([&](Hint) {
      ++hints_left;
      return false;
    });
    return hints_left;
  }

  // Anybody: visit(hint) for what is not begun, until it answers true.
  template <class Visit>
  bool for_each(Visit&& visit) const {
    const std::uint32_t end =
        std::min<std::uint32_t>(count.load(std::memory_order_acquire), kMaxReserved);
    for (std::uint32_t i = begun.load(std::memory_order_relaxed); i < end; ++i) {
      if (visit(Hint(hints[i].load(std::memory_order_relaxed)))) return true;
    }
    return false;
  }
};

using Reservation = BasicReservation<StdPlatform>;

}  // namespace muster::detail
