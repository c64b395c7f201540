#include "lib/telemetry/event_ring.hpp"

#include <algorithm>

namespace muster::detail {

namespace {

// False: it cannot be one.
bool unpack(const std::array<std::uint64_t, 4>& words, Event& event) {
  const auto kind = static_cast<std::uint8_t>(words[0]);
  if (kind >= kEventKinds) return false;
  event.kind = static_cast<EventKind>(kind);
  event.name = static_cast<std::uint8_t>(words[0] >> 8);
  event.weight_log2 = static_cast<std::uint8_t>(words[0] >> 16) & 63;
  event.worker = static_cast<std::uint32_t>(words[0] >> 32);
  event.task = TaskTag(words[1]);
  event.at_ticks = words[2];
  event.since_ticks = words[3];
  return event.worker <= kNoWorker;
}

}  // namespace

std::uint64_t EventRing::read(Cursor& cursor, std::vector<Event>& events) const {
  if (!on()) return 0;
  // Acquire pairs with put(): what is counted is there.
  const std::uint64_t end = count_->written.load(std::memory_order_acquire);
  const std::uint64_t laps = entries_.size();
  // A count that goes back is none: begin anew.
  if (cursor.next > end) cursor.next = end;
  const std::uint64_t most = std::min(laps, kMostAtOnce);
  const std::uint64_t oldest = end > most ? end - most : 0;
  const std::uint64_t begin = std::max(cursor.next, oldest);
  std::uint64_t lost = begin - cursor.next;
  std::vector<std::array<std::uint64_t, 4>> copies;
  copies.reserve(static_cast<std::size_t>(end - begin));
  for (std::uint64_t n = begin; n != end; ++n) {
    const EventEntry& entry = entries_[n & (laps - 1)];
    auto& copy = copies.emplace_back();
    for (std::size_t i = 0; i < copy.size(); ++i) {
      copy[i] = entry.words[i].load(std::memory_order_relaxed);  // the fence below orders it
    }
  }
  // Acquire: pairs with the writer's fence, as stands above.
  std::atomic_thread_fence(std::memory_order_acquire);
  const std::uint64_t now = count_->written.load(std::memory_order_relaxed);
  // The one that is being written at this moment may be that of a lap ago.
  const std::uint64_t whole = now + 1 > laps ? now + 1 - laps : 0;
  for (std::uint64_t n = begin; n != end; ++n) {
    if (n < whole || now < end) {
      ++lost;
      continue;
    }
    Event event;
    if (unpack(copies[static_cast<std::size_t>(n - begin)], event)) events.push_back(event);
  }
  cursor.next = end;
  return lost;
}

}  // namespace muster::detail
