#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "prove/large_player.hpp"
#include "prove/pidfd.hpp"

namespace prove {

// The processes of a round that may hold arrays: this one, the supervisor and its children.
std::vector<pid_t> array_processes(const PoolMemory& memory);
// Waits until none of them holds memory of an array but of those in `spared`; idle workers are
// given something to do meanwhile. "": there is none, else who has it after a while, as a
// sentence's end. `only`: of this one; 0: of any.
std::string arrays_that_stay(LargeRound& round, std::size_t seat,
                             const std::vector<std::uint64_t>& spared, std::uint64_t only);

// Hands arrays around, kills those that have them, and looks from outside whether those that should
// live do, and whether the others' memory is gone.
class ArrayPlayer : LargePlayer {
 public:
  using LargePlayer::LargePlayer;

  // Until it has killed so many.
  void run(std::uint64_t kills);

 private:
  using Made = muster::Future<Words>;

  // Each a way of an array, with a kill in it.
  void hand_on();
  void leave_unread();
  void pass_round();
  void make_in_a_map();
  void write_over();
  void let_go_while_it_is_used();
  void hold_the_last();

  std::uint64_t choose_words();
  Keeps choose_keeper();
  Words make_one(const LargeTask& task);
  void wait_for_body(const LargeTask& task, const muster::Future<Words>& future);
  bool end(const Pidfd& worker, LargeMoment moment);
  void pause_at_random();
  void read_elsewhere(const Words& array, std::uint32_t made_by);
  bool is_right(const LargeTask& task, const Words& array, const std::string& what);
  // Seen from outside. `worker`: with whose end it may go.
  void must_live(pid_t holder, const Pidfd& worker, const LargeTask& task, std::uint64_t inode,
                 const std::string& what);
  void must_go(const LargeTask& task, std::uint64_t inode, const std::string& what);

  std::uint64_t kills_ = 0;
};

}  // namespace prove
