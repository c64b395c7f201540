#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "prove/large_player.hpp"

namespace prove {

// Kills workers while they write large results, and holds results that were finished before.
class ResultPlayer : LargePlayer {
 public:
  using LargePlayer::LargePlayer;

  // Until it has killed so many.
  void run(std::uint64_t kills);

 private:
  using Filled = muster::Future<std::vector<std::uint64_t>>;
  using Written = muster::Future<Stepwise>;

  // A result that was finished, or its body was, before others were killed.
  struct Held {
    LargeTask task;
    std::variant<Filled, Written> future;
    std::span<const std::uint64_t> view;  // in the pool's memory; empty: nobody has looked
  };

  LargeTask choose_task();
  void hold_one_more();
  void look_at(const Held& held);
  void let_go(Held held);
  void look_at_held(bool all_go);
  template <class F>
  void kill_a_writer(F function);
  template <class Done>
  bool kill_attempt(const LargeTask& task, std::size_t attempt, bool stepwise, Done&& done,
                    std::vector<LargeMoment>& moments);
  LargeMoment moment_of(const LargeTask& task, bool stepwise) const;
  void note_memory();

  std::vector<Held> held_;
  std::uint64_t kills_ = 0;
};

}  // namespace prove
