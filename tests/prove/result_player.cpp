#include "prove/result_player.hpp"

#include <algorithm>
#include <type_traits>

namespace prove {

namespace {

constexpr std::size_t kMostHeld = 2;

std::span<const std::uint64_t> words_in(const std::vector<std::uint64_t>& words) { return words; }
std::span<const std::uint64_t> words_in(const Stepwise& written) { return written.words; }

}  // namespace

void ResultPlayer::run(std::uint64_t kills) {
  while (round_.goes_on() && kills_ < kills) {
    if (held_.size() < kMostHeld && random_.percent(60)) hold_one_more();
    random_.percent(50) ? kill_a_writer(fill_vector) : kill_a_writer(write_stepwise);
    look_at_held(false);
    note_memory();
  }
  look_at_held(true);
}

LargeTask ResultPlayer::choose_task() {
  const std::uint64_t most = round_.bytes / sizeof(std::uint64_t);
  LargeTask task =
      take(random_.percent(50) ? most : most / (1 + random_.below(8)) + random_.below(100));
  task.says_its_size = random_.percent(50);
  return task;
}

// Looked at where it lies; finished and not decoded; or nobody has asked whether it is finished.
void ResultPlayer::hold_one_more() {
  const LargeTask task = choose_task();
  Held held{task, {}, {}};
  if (random_.percent(50)) {
    held.future = submit(0, fill_vector, task);
  } else {
    held.future = submit(0, write_stepwise, task);
  }
  const auto done = [&] {
    return std::visit([](const auto& future) { return future.done(); }, held.future);
  };
  // Its worker may be killed before it can tell.
  constexpr std::int64_t kPatienceNs = 5'000'000'000;
  const bool unasked = random_.percent(33);
  const std::int64_t ask_at = unasked ? muster::detail::monotonic_ns() + kPatienceNs : 0;
  wait_until(task, [&] {
    if (unasked && note(task).body_ended.load()) return true;
    return muster::detail::monotonic_ns() >= ask_at && done();
  });
  const auto* const filled = std::get_if<Filled>(&held.future);
  if (!unasked && filled != nullptr && random_.percent(60)) {
    try {
      held.view = filled->view();
    } catch (...) {
      return note_failure(task, 0);
    }
    are_right(task.ticket.index, task.words, held.view, "a result that is looked at");
  }
  held_.push_back(std::move(held));
}

void ResultPlayer::look_at(const Held& held) {
  ++round_.totals.results_kept;
  if (round_.killed.has(entry(held.task).begun_by[0].load())) ++round_.totals.of_dead_workers;
  are_right(held.task.ticket.index, held.task.words, held.view,
            "a result that was looked at before others' workers died");
}

void ResultPlayer::let_go(Held held) {
  if (!held.view.empty()) {
    look_at(held);
    if (random_.percent(50)) return;
  }
  std::visit(
      [&](const auto& future) {
        const Watch::Waiting waiting(round_.watch, seat_, held.task.ticket.index);
        try {
          held.view = words_in(future.result());
          look_at(held);
        } catch (...) {
          note_failure(held.task, 0);
        }
      },
      held.future);
  look_at_attempts(held.task, 0);
}

void ResultPlayer::look_at_held(bool all_go) {
  std::vector<Held> before = std::move(held_);
  held_.clear();
  for (Held& held : before) {
    if (all_go || random_.percent(40)) {
      let_go(std::move(held));
    } else {
      if (!held.view.empty()) look_at(held);
      held_.push_back(std::move(held));
    }
  }
}

template <class F>
void ResultPlayer::kill_a_writer(F function) {
  constexpr bool kStepwise = std::is_same_v<F, Stepwise (*)(LargeTask)>;
  const LargeTask task = choose_task();
  const unsigned retries = random_.below(3);
  const std::size_t kills = 1 + random_.below(retries + 1);
  const auto future = submit(retries, function, task);
  std::vector<LargeMoment> moments;
  for (std::size_t i = 0; i < kills; ++i) {
    if (!kill_attempt(
            task, i, kStepwise, [&] { return future.done(); }, moments))
      break;
  }
  try {
    const Watch::Waiting waiting(round_.watch, seat_, task.ticket.index);
    const auto& result = future.result();
    are_right(task.ticket.index, task.words, words_in(result), "its result");
    ++round_.totals.results_right;
    // The last kill met a worker whose result is this one.
    if (!moments.empty() && entry(task).begun() == moments.size()) {
      moments.back() = LargeMoment::too_late;
    }
  } catch (...) {
    note_failure(task, retries);
    ++round_.totals.results_lost;
  }
  look_at_attempts(task, retries);
  for (const LargeMoment moment : moments) count(moment);
  kills_ += moments.size();
}

// False: there is nothing to kill any more.
template <class Done>
bool ResultPlayer::kill_attempt(const LargeTask& task, std::size_t attempt, bool stepwise,
                                Done&& done, std::vector<LargeMoment>& moments) {
  wait_until(task, [&] { return entry(task).begun() > attempt || done(); });
  if (entry(task).begun() <= attempt) return false;
  const Pidfd worker = worker_of(task, attempt);
  // In a fifth of all cases when it has written all.
  const std::uint64_t target = task.words * (random_.below(125) + 1) / 100;
  const bool to_the_end = target > task.words;
  wait_until(task, [&] {
    const bool there = note(task).written.load() >= std::min(target, task.words) &&
                       (!to_the_end || note(task).body_ended.load());
    return there || !worker.lives() || done();
  });
  if (to_the_end) {
    // The copying takes about as long.
    const std::uint64_t most_ns = stepwise ? 200'000 : task.words * sizeof(std::uint64_t) * 6 / 10;
    pause_for(static_cast<std::int64_t>(random_.next() % most_ns));
  }
  if (done()) return false;
  if (kill(worker)) moments.push_back(moment_of(task, stepwise));
  return true;
}

// As it has left it.
LargeMoment ResultPlayer::moment_of(const LargeTask& task, bool stepwise) const {
  if (!stepwise) {
    return note(task).body_ended.load() ? LargeMoment::copying : LargeMoment::filling;
  }
  return note(task).written.load() * 2 < task.words ? LargeMoment::first_half
                                                    : LargeMoment::second_half;
}

void ResultPlayer::note_memory() {
  raise(round_.totals.most_memory, round_.pool.stats().shared_memory_bytes);
}

}  // namespace prove
