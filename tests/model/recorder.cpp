#include "tests/model/recorder.hpp"

namespace muster::model {

using detail::Hint;
using detail::SlotStatus;
using detail::SlotWord;
using detail::TaskTag;

namespace {

const char* name(Recorder::Place place) {
  using Place = Recorder::Place;
  switch (place) {
    case Place::word: return "word";
    case Place::cell: return "cell";
    case Place::tail: return "tail";
    case Place::head: return "head";
    case Place::epoch: return "epoch";
    case Place::closed: return "closed";
    case Place::park: return "park";
    case Place::sleepers: return "sleepers";
    case Place::reserved_count: return "reserved-count";
    case Place::reserved_begun: return "reserved-begun";
    case Place::reserved_hint: break;
  }
  return "reserved-hint";
}

// To the model a task that failed is one that is done.
const char* name(SlotStatus status) {
  switch (status) {
    case SlotStatus::free: return "free";
    case SlotStatus::pending: return "pending";
    case SlotStatus::running: return "running";
    case SlotStatus::done:
    case SlotStatus::failed: return "done";
    case SlotStatus::killing: return "killing";
    case SlotStatus::killed: return "killed";
    case SlotStatus::died: break;
  }
  return "died";
}

}  // namespace

void Recorder::place(const void* address, Place what, std::uint64_t value, std::uint32_t index,
                     std::uint32_t nth) {
  At& at = places_[address] = {what, index, nth, ""};
  at.last = describe(at, value);
}

void Recorder::wrote(std::size_t actor, const void* address, std::uint64_t value) {
  const auto found = places_.find(address);
  if (found == places_.end()) return;  // an attention word, a worker's record
  At& at = found->second;
  std::string what = describe(at, value);
  if (what == at.last) return;
  at.last = what;
  std::string line = name(at.what);
  switch (at.what) {
    case Place::word:
    case Place::cell:
    case Place::park:
    case Place::reserved_count:
    case Place::reserved_begun: line += " " + std::to_string(at.index); break;
    case Place::reserved_hint:
      line += " " + std::to_string(at.index) + " " + std::to_string(at.nth);
      break;
    default: break;
  }
  event(actor, line + " " + what);
}

void Recorder::event(std::size_t actor, const std::string& what) {
  scheduler_.record(names_.at(actor) + " " + what);
}

void Recorder::ended(std::uint64_t task_id) {
  const auto next = static_cast<std::uint32_t>(tasks_.size());
  scheduler_.record("client ends " +
                    std::to_string(tasks_.try_emplace(task_id, next).first->second));
}

std::uint32_t Recorder::publication(std::uint32_t slot, TaskTag tag) const {
  const auto found = publications_.find({slot, tag.bits()});
  // 0 is none: what is written names a task that was never published there.
  return found == publications_.end() ? 0 : found->second;
}

std::string Recorder::describe(const At& at, std::uint64_t value) {
  switch (at.what) {
    case Place::word: return describe_word(at.index, SlotWord(value));
    case Place::cell: {
      constexpr std::uint64_t kLapBit = std::uint64_t{1} << 15;
      return describe_hint(Hint(value & ~kLapBit)) + ((value & kLapBit) != 0 ? " 1" : " 0");
    }
    case Place::reserved_hint: return describe_hint(Hint(value));
    case Place::park: {
      const char* const states[] = {"awake", "parked", "woken"};
      return states[value % 3];
    }
    default: return std::to_string(value);
  }
}

std::string Recorder::describe_word(std::uint32_t slot, SlotWord word) {
  if (word.status() == SlotStatus::free) return "free";
  if (word.status() == SlotStatus::pending) {
    const auto [place, is_new] = publications_.try_emplace({slot, word.tag().bits()}, 0);
    if (is_new) place->second = ++published_[slot];
    tasks_.try_emplace(word.tag().id(), static_cast<std::uint32_t>(tasks_.size()));
  }
  std::string text = name(word.status());
  const bool owned = word.status() == SlotStatus::running || word.status() == SlotStatus::killing;
  text += owned ? " " + std::to_string(word.owner()) : "";
  return text + " #" + std::to_string(publication(slot, word.tag()));
}

std::string Recorder::describe_hint(Hint hint) const {
  return std::to_string(hint.slot()) + " #" + std::to_string(publication(hint.slot(), hint.tag()));
}

}  // namespace muster::model
