#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace prove {

// Which promise was broken.
enum class Fault : std::uint8_t { lost, duplicated, hung, wrong, left_over };
inline constexpr std::size_t kFaults = 5;
inline constexpr const char* kFaultNames[kFaults] = {"lost", "duplicated", "hung", "wrong",
                                                     "left over"};

// The broken promises of a run. Any thread may tell of one.
class Verdict {
 public:
  void broken(Fault fault, std::string sentence) {
    const std::lock_guard lock(mutex_);
    ++counts_[static_cast<std::size_t>(fault)];
    // The first ones tell most; after thousands nobody reads on.
    if (sentences_.size() < kMostSentences) sentences_.push_back(std::move(sentence));
    any_.store(true);
  }

  // Of one whose sentence is told by other means.
  void count_only(Fault fault) {
    const std::lock_guard lock(mutex_);
    ++counts_[static_cast<std::size_t>(fault)];
  }

  bool good() const { return !any_.load(); }
  std::uint64_t count(Fault fault) const {
    const std::lock_guard lock(mutex_);
    return counts_[static_cast<std::size_t>(fault)];
  }
  std::vector<std::string> sentences() const {
    const std::lock_guard lock(mutex_);
    return sentences_;
  }

 private:
  static constexpr std::size_t kMostSentences = 20;

  mutable std::mutex mutex_;
  std::uint64_t counts_[kFaults] = {};
  std::vector<std::string> sentences_;
  std::atomic<bool> any_{false};
};

}  // namespace prove
