#pragma once

// One worker's way from its sleep to its next one, instruction by instruction.

#include <sys/syscall.h>

#include <cstdint>

#include "steps/stage.hpp"

namespace steps {

enum class WalkEnd { asleep, worker_ended, limit, told_to_stop };

struct Walk {
  WalkEnd end = WalkEnd::limit;
  std::uint64_t instructions = 0;
  bool asked = false;  // of a scenario in which somebody asks late, that he did
};

// Calls each(instructions so far) before the first one and after each one, until it answers false.
template <class Each>
Walk walk(Stage& stage, Play& play, Tracer& tracer, Each&& each) {
  const Scenario& scenario = stage.scenario();
  bool kill_asked = false;
  bool reused = false;
  Walk done;
  while (true) {
    if (scenario.kill_asked && !kill_asked &&
        stage.word_of(play.actors().front()).status() == muster::detail::SlotStatus::running) {
      play.actors().front().ask_kill();
      kill_asked = true;
    }
    if (!each(done.instructions)) {
      done.end = WalkEnd::told_to_stop;
      return done;
    }
    if (scenario.next_in_slot && !reused &&
        stage.word_of(play.actors().front()).status() == muster::detail::SlotStatus::done) {
      stage.take_and_reuse(play);
      reused = true;
    }
    if (scenario.limit != 0 && done.instructions >= scenario.limit) return done;
    const bool sleeps = kill_asked ? tracer.at_system_call(tracer.registers(), SYS_clock_nanosleep)
                                   : done.instructions != 0 && stage.about_to_sleep(tracer);
    if (sleeps) {
      done.end = WalkEnd::asleep;
      return done;
    }
    const bool asks =
        scenario.asked_late && tracer.at_locked_swap() &&
        stage.word_of(play.actors().front()).status() == muster::detail::SlotStatus::running;
    if (asks) stage.set_question(play.actors().front(), true);
    const Tracer::Stop stop = tracer.step();
    // It was another swap.
    if (asks &&
        stage.word_of(play.actors().front()).status() == muster::detail::SlotStatus::running) {
      stage.set_question(play.actors().front(), false);
    }
    done.asked = done.asked || (asks && stage.question_stands(play.actors().front()));
    switch (stop) {
      case Tracer::Stop::stepped: ++done.instructions; break;
      case Tracer::Stop::signalled: break;
      case Tracer::Stop::ended: done.end = WalkEnd::worker_ended; return done;
    }
  }
}

}  // namespace steps
