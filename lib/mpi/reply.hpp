#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace muster::detail {

// What a rank answers; `lost` where it never will.
class Reply {
 public:
  // The answer's bytes; none where the rank is lost.
  std::optional<std::vector<std::byte>> wait();
  void give(std::span<const std::byte> bytes);
  void give_up();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  bool lost_ = false;
  std::vector<std::byte> bytes_;
};

}  // namespace muster::detail
