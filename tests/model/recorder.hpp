#pragma once

// Writes down what a run of the model pool does to the memory that all see, in the words of the
// Promela model (spin/pool.pml), which replays it: `spin/replay.h` reads the lines, and README.md
// there says what they mean.
//
// One line for each change of a slot word, ring cell, end of the ring, park word, bit of the map of
// sleepers or reservation, when it reaches the memory, with who made it; and for what the kernel
// does: sleeps, wakes, deaths, starts, messages. What a process reads is not written down. Tags are
// numbers of the publications into a slot, tasks are numbered by their first publication, as there.

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/queue/hint_ring.hpp"
#include "lib/slots/slot_word.hpp"
#include "tests/model/scheduler.hpp"

namespace muster::model {

class Recorder {
 public:
  enum class Place {
    word,
    cell,
    tail,
    head,
    epoch,
    closed,
    park,
    sleepers,
    reserved_count,
    reserved_begun,
    reserved_hint
  };

  explicit Recorder(Scheduler& scheduler) : scheduler_(scheduler) {}

  // What stands at an address, with which value at first: of which slot, cell or worker, and the
  // how manieth of them.
  void place(const void* address, Place what, std::uint64_t value, std::uint32_t index = 0,
             std::uint32_t nth = 0);
  // The value has reached the memory.
  void wrote(std::size_t actor, const void* address, std::uint64_t value);
  // A process does something else that others can see. Its words are its own line.
  void event(std::size_t actor, const std::string& what);
  // The task that has this id has ended.
  void ended(std::uint64_t task_id);
  void name_actor(std::size_t actor, std::string name) { names_[actor] = std::move(name); }
  // "slot 1" as the model names it: its latest publication.
  std::uint32_t publication(std::uint32_t slot, detail::TaskTag tag) const;

 private:
  struct At {
    Place what;
    std::uint32_t index;
    std::uint32_t nth;
    std::string last;  // as it was written down
  };

  std::string describe(const At& at, std::uint64_t value);
  std::string describe_word(std::uint32_t slot, detail::SlotWord word);
  std::string describe_hint(detail::Hint hint) const;

  Scheduler& scheduler_;
  std::unordered_map<const void*, At> places_;
  std::map<std::size_t, std::string> names_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint32_t> publications_;
  std::map<std::uint32_t, std::uint32_t> published_;  // how often, by slot
  std::map<std::uint64_t, std::uint32_t> tasks_;      // by id
};

}  // namespace muster::model
