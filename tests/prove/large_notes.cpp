#include "prove/large_notes.hpp"

#include "support/shared_object.hpp"

namespace prove {

namespace {

LargeNotes& mapped = test_support::map_shared<LargeNotes>();

}  // namespace

LargeNotes& large_notes() { return mapped; }

void LargeNotes::begin_round() {
  for (LargeNote& note : of) {
    note.written.store(0, std::memory_order_relaxed);
    note.array.store(0, std::memory_order_relaxed);
    note.body_ended.store(false, std::memory_order_relaxed);
  }
}

}  // namespace prove
