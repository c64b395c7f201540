#pragma once

// The worker dies here: what would be left?
//
// Of the pool's control segment (slots, ring, park words, reservations) a copy is made in which the
// supervisor's own steps of recovery run (end_tasks, dismiss, rally), as if the worker had died at
// the instruction before which it stands; then what is left is held against what must hold whenever
// a worker dies. Its results and its record, which no recovery writes, are read where they are: it
// stands still. What else Supervisor::bury() does is not done here but for the death's record: to
// reap, to tell the client, to replace. The pool itself sees nothing of it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "lib/queue/recovery.hpp"
#include "lib/segments/views.hpp"
#include "steps/play.hpp"
#include "steps/stage.hpp"

namespace steps {

// Memory of this process that looks like a segment.
class SegmentCopy {
 public:
  explicit SegmentCopy(std::size_t size);
  // As it was at one moment, though others may write to it.
  void take(const std::byte* source);
  std::byte* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };
  std::size_t size_;
  std::unique_ptr<std::byte, Free> bytes_;
};

class Checker {
 public:
  // `gapless`: check() is called after every instruction, so nothing happens unseen.
  Checker(const Stage& stage, const Play& play, bool gapless);

  // With the worker stopped: what is wrong; "": nothing.
  std::string check();
  // Of what was copied last, and of the worker's record: what a recovery and the client read.
  std::uint64_t memory_hash() const;
  // How often the recovery had a task to end.
  std::uint64_t deaths() const { return deaths_; }

 private:
  using Recovery = muster::detail::Recovery<muster::detail::StdPlatform>;

  std::string check_progress();
  std::string check_findable() const;
  std::string check_recovered(const Recovery::Held& held) const;
  std::string check_parking() const;
  std::string check_results() const;
  std::string check_death_record(const Recovery::Held& held);
  std::string check_chunk(const Actor& actor, std::size_t index);
  std::string check_again();

  const Stage& stage_;
  const Play& play_;
  bool gapless_;
  std::uint32_t worker_;
  muster::detail::Geometry geometry_;
  std::uint64_t submitted_ticks_;
  SegmentCopy before_;
  SegmentCopy after_;
  SegmentCopy again_;
  muster::detail::ControlView was_;  // before the recovery
  muster::detail::ControlView is_;   // after it
  // When each actor's word was last seen to say pending.
  std::vector<std::uint64_t> pending_ticks_;
  std::vector<int> stages_;               // how far each actor was when it was looked at last
  std::vector<std::uint32_t> committed_;  // items of each actor's chunk
  std::uint64_t deaths_ = 0;
};

}  // namespace steps
