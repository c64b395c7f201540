#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

#include <muster/detail/map_progress.hpp>

#include "lib/common/deadline.hpp"
#include "lib/common/futex_mutex.hpp"

namespace muster::detail {
namespace {

// Draws at most ten times a second.
constexpr std::int64_t kPause = kNanosPerSecond / 10;
constexpr std::size_t kWidth = 40;

class TerminalProgress final : public MapProgress {
 public:
  explicit TerminalProgress(std::optional<std::size_t> items) : all_(items) {}

  void add(std::size_t items) override {
    std::lock_guard lock(mutex_);
    done_ += items;
    const std::int64_t now = monotonic_ns();
    if (ended_ || (now - drawn_ < kPause && done_ != all_)) return;
    drawn_ = now;
    draw();
  }
  void end() override {
    std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true) || drawn_ == 0) return;
    draw();
    write("\n");
  }

 private:
  // "\r[#########.............] 230/1000", or "\r230 items" where their number is not known.
  void draw() {
    std::string line = "\r";
    if (all_ && *all_ > 0) {
      const std::size_t done = std::min(done_, *all_);
      const std::size_t filled = kWidth * done / *all_;
      line += '[' + std::string(filled, '#') + std::string(kWidth - filled, '.') + "] " +
              std::to_string(done) + '/' + std::to_string(*all_);
    } else {
      line += std::to_string(done_) + " items";
    }
    write(line);
  }
  // A terminal that takes no more shows no more; there is nothing to be done about it.
  static void write(const std::string& text) {
    static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
  }

  FutexMutex mutex_;
  const std::optional<std::size_t> all_;
  std::size_t done_ = 0;
  std::int64_t drawn_ = 0;
  bool ended_ = false;
};

class ChunkHook final : public StateHook {
 public:
  ChunkHook(std::shared_ptr<MapProgress> progress, std::size_t items)
      : StateHook(Kind::callback), progress_(std::move(progress)), items_(items) {}

  void fire(StateBase& state) noexcept override {
    state.release();
    progress_->add(items_);
    delete this;
  }

 private:
  std::shared_ptr<MapProgress> progress_;
  std::size_t items_;
};

}  // namespace

std::shared_ptr<MapProgress> MapProgress::make(std::optional<std::size_t> items) {
  if (::isatty(STDERR_FILENO) == 0) return nullptr;
  return std::make_shared<TerminalProgress>(items);
}

void MapProgress::count(std::shared_ptr<MapProgress> progress, StateBase& chunk,
                        std::size_t items) {
  auto hook = std::make_unique<ChunkHook>(std::move(progress), items);
  chunk.add_callback(*hook);
  (void)hook.release();  // it is the state's, or has run and deleted itself
}

}  // namespace muster::detail
