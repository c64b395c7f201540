// When the client tells what it does with tasks.

#include <signal.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "process/probed_pool.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::detail::EventCount;
using muster::detail::Geometry;
using probed::ProbedPool;

// Notes how many events the client has told when it first writes to a slot: where there are no
// workers that is the task's publication. Until then the slots may not be written.
class TellsBeforeItPublishes : public testing::Test {
 protected:
  TellsBeforeItPublishes() {
    const auto& views = pool_.probe.views();
    const Geometry& geometry = pool_.probe.geometry();
    events_ = muster::detail::place<EventCount>(views.tasks.base, geometry.client_events_at());
    // From page to page: nothing else lies there.
    slots_ = views.control.base + geometry.slot_lines_at();
    slots_bytes_ = geometry.cells_at() - geometry.slot_lines_at();
    told_then_ = 0;
    struct sigaction action {};
    action.sa_handler = note;
    ::sigaction(SIGSEGV, &action, &before_);
    ::mprotect(slots_, slots_bytes_, PROT_READ);
  }
  ~TellsBeforeItPublishes() override {
    ::mprotect(slots_, slots_bytes_, PROT_READ | PROT_WRITE);
    ::sigaction(SIGSEGV, &before_, nullptr);
  }

  static void note(int) {
    told_then_ = events_->written.load();
    ::mprotect(slots_, slots_bytes_, PROT_READ | PROT_WRITE);
  }

  ProbedPool pool_;
  static inline EventCount* events_ = nullptr;
  static inline std::byte* slots_ = nullptr;
  static inline std::size_t slots_bytes_ = 0;
  static inline std::uint64_t told_then_ = 0;
  struct sigaction before_ {};
};

int twice(int n) { return 2 * n; }
std::size_t length(const std::string& text) { return text.size(); }

TEST_F(TellsBeforeItPublishes, ATaskWhoseArgumentsAreFew) {
  auto future = pool_.submit(twice, 1);
  EXPECT_EQ(told_then_, 1U);
}

TEST_F(TellsBeforeItPublishes, ATaskWhoseArgumentsAreMany) {
  auto future = pool_.submit(length, std::string(1000, 'x'));
  EXPECT_EQ(told_then_, 1U);
}

TEST_F(TellsBeforeItPublishes, AChunkOfMap) {
  auto future = pool_.map(3);
  EXPECT_EQ(told_then_, 1U);
}

}  // namespace
