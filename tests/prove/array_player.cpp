#include "prove/array_player.hpp"

#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "prove/array_memory.hpp"
#include "support/proc.hpp"

namespace prove {

using test_support::SharedGate;

namespace {

// Of tasks that are not to be killed, but may be, for another's sake.
constexpr unsigned kRetries = 3;
constexpr std::int64_t kPatienceNs = 30'000'000'000;

SharedGate open_gate() {
  const SharedGate gate;
  gate.open();
  return gate;
}

}  // namespace

std::vector<pid_t> array_processes(const PoolMemory& memory) {
  std::vector<pid_t> pids = test_support::children_of(memory.supervisor());
  pids.push_back(memory.supervisor());
  pids.push_back(::getpid());
  return pids;
}

std::string arrays_that_stay(LargeRound& round, std::size_t seat,
                             const std::vector<std::uint64_t>& spared, std::uint64_t only) {
  const std::int64_t began = round.watch.now_ns();
  while (true) {
    std::string text;
    for (const auto& [inode, holders] : arrays_of(array_processes(round.memory))) {
      const bool meant =
          only == 0 ? std::ranges::find(spared, inode) == spared.end() : inode == only;
      for (const ArrayHolder& holder : holders) {
        if (!meant || holder.bytes == 0) continue;
        text += fmt::format(", {} bytes of array {} in process {}{}", holder.bytes, inode,
                            holder.pid, holder.pid == ::getpid() ? " (the client)" : "");
      }
    }
    if (text.empty()) return "";
    if (round.watch.now_ns() - began >= kPatienceNs || !round.goes_on()) return text.substr(2);
    // A worker that sleeps looks what it can let go when it is woken.
    const Watch::Waiting waiting(round.watch, seat, Watch::kSubmit);
    std::vector<muster::Future<void>> tasks;
    for (std::uint32_t i = 0; i < round.memory.geometry().workers; ++i) {
      tasks.push_back(round.pool.submit(sleep_for, 1000U));
    }
    muster::wait(tasks);
  }
}

void ArrayPlayer::run(std::uint64_t kills) {
  using Way = void (ArrayPlayer::*)();
  constexpr Way kWays[] = {&ArrayPlayer::hand_on,       &ArrayPlayer::leave_unread,
                           &ArrayPlayer::pass_round,    &ArrayPlayer::make_in_a_map,
                           &ArrayPlayer::write_over,    &ArrayPlayer::let_go_while_it_is_used,
                           &ArrayPlayer::hold_the_last, &ArrayPlayer::hold_the_last};
  while (round_.goes_on() && kills_ < kills) (this->*kWays[random_.below(std::size(kWays))])();
}

// A worker makes one, returns it and is killed: the client has it, or was told of the death.
void ArrayPlayer::hand_on() {
  const LargeTask task = take(choose_words());
  const Keeps keeps = random_.percent(30) ? choose_keeper() : Keeps::nothing;
  {
    const Made made = submit(0, make_array, task, keeps);
    wait_for_body(task, made);
    const Pidfd worker = worker_of(task, 0);
    if (random_.percent(40)) {
      const std::vector<Made> one{made};
      const Watch::Waiting waiting(round_.watch, seat_, task.ticket.index);
      muster::wait(one);
    } else {
      pause_at_random();
    }
    end(worker, LargeMoment::handed_on);
    if (const auto array = outcome(made, task, 0)) {
      is_right(task, *array, "an array whose worker was killed");
      if (random_.percent(60)) read_elsewhere(*array, task.ticket.index);
      is_right(task, *array, "an array whose worker was killed");
    }
  }
  must_go(task, note(task).array.load(), "that was made by a worker that was killed, and let go");
}

// The same, and nobody looks at the result.
void ArrayPlayer::leave_unread() {
  const LargeTask task = take(choose_words());
  {
    const Made made = submit(0, make_array, task, Keeps::nothing);
    wait_for_body(task, made);
    if (random_.percent(50)) pause_at_random();
  }
  pause_at_random();
  end(worker_of(task, 0), LargeMoment::unread);
  must_go(task, note(task).array.load(), "in a result that nobody has looked at");
}

// From worker to worker. Who has it from the client returns the very memory.
void ArrayPlayer::pass_round() {
  const LargeTask first = take(choose_words());
  std::uint64_t inode = 0;
  {
    Words array = make_one(first);
    inode = inode_at(array.data());
    const Words own = random_.percent(50) ? array : Words();
    for (std::uint32_t hops = 1 + random_.below(3); hops > 0 && !array.empty(); --hops) {
      const LargeTask hop = take(array.size());
      const Made made = submit(0, pass_on, hop, array);
      array = {};
      wait_for_body(hop, made);
      if (random_.percent(70)) {
        pause_at_random();
        end(worker_of(hop, 0), LargeMoment::passed_on);
      }
      array = outcome(made, hop, 0).value_or(Words());
      if (!array.empty()) is_right(first, array, "an array that was passed on");
    }
    if (!own.empty()) is_right(first, own, "an array that the client has kept");
    if (!own.empty() && !array.empty() && own.data() != array.data()) {
      wrong(Fault::wrong, first.ticket.index, "an array came back as other memory");
    }
  }
  must_go(first, inode, "that was passed from worker to worker");
}

// Of a chunk's items some were finished when the worker was killed.
void ArrayPlayer::make_in_a_map() {
  std::vector<LargeTask> tasks;
  const std::uint64_t words = 1 + choose_words() / 8;
  const std::uint32_t count = 3 + random_.below(10);
  for (std::uint32_t i = 0; i < count; ++i) tasks.push_back(take(words));
  const LargeTask& fatal = tasks[random_.below(count)];
  {
    auto results = [&] {
      const Watch::Waiting waiting(round_.watch, seat_, Watch::kSubmit);
      return round_.pool.map(muster::MapOptions{.chunksize = 1 + random_.below(6)},
                             make_array_of_item, tasks);
    }();
    // It may never begin: its chunk's worker was killed for another's sake, and then it was.
    const std::int64_t until = muster::detail::monotonic_ns() + 1'000'000'000;
    wait_until(fatal, [&] {
      return note(fatal).body_ended.load() || muster::detail::monotonic_ns() >= until;
    });
    pause_at_random();
    end(worker_of(fatal, 0), LargeMoment::in_a_map);
    const Watch::Waiting waiting(round_.watch, seat_, fatal.ticket.index);
    std::size_t i = 0;
    for (auto&& outcome : results.outcomes()) {
      const LargeTask& task = tasks[i++];
      try {
        is_right(task, outcome.value(), "an array of a map");
      } catch (...) {
        note_failure(task, 0);
      }
    }
    if (i < count) wrong(Fault::lost, tasks[i].ticket.index, "the map ended before it");
  }
  for (const LargeTask& task : tasks) must_go(task, note(task).array.load(), "of a map");
}

// The client has it; what was written before the death is there, and nothing else.
void ArrayPlayer::write_over() {
  const LargeTask task = take(choose_words());
  const unsigned retries = random_.below(2);
  std::uint64_t inode = 0;
  {
    const Words array = make_one(task);
    inode = inode_at(array.data());
    const auto writing = submit(retries, write_array, task, array);
    const std::uint64_t target = task.words * random_.below(100) / 100;
    wait_until(task, [&] {
      return (entry(task).begun() != 0 && note(task).written.load() >= target) || writing.done();
    });
    end(worker_of(task, 0), LargeMoment::writing_to);
    const std::uint32_t ticket = task.ticket.index;
    const auto wrote = outcome(writing, task, retries);
    look_at_attempts(task, retries);
    const std::uint64_t done = wrote ? task.words : note(task).written.load();
    are_right(ticket, done, array.span().first(done), "an array that was written to", 1);
    // Where it ended in the midst of a step, that one is half written.
    const std::uint64_t untouched = std::min(done + kStepWords, task.words);
    const auto rest = array.span().subspan(untouched);
    for (std::uint64_t i = 0; retries == 0 && i < rest.size(); ++i) {
      if (rest[i] == WordsOf(ticket)[untouched + i]) continue;
      wrong(Fault::wrong, ticket, "its array is changed where it has not written yet");
      break;
    }
    ++round_.totals.arrays_right;
  }
  must_go(task, inode, "that a worker wrote to when it was killed");
}

// It lives as long as the task, also through another attempt.
void ArrayPlayer::let_go_while_it_is_used() {
  const LargeTask task = take(choose_words());
  const SharedGate now;
  const unsigned retries = random_.below(2);
  std::uint64_t inode = 0;
  {
    std::optional<Words> array = make_one(task);
    inode = inode_at(array->data());
    const auto looking =
        submit(retries, look_at_array, task, ConstWords(*array), task.ticket.index, now);
    const auto begun = [&](std::uint32_t times) {
      wait_until(task, [&] { return entry(task).begun() >= times || looking.done(); });
      return entry(task).begun() == times;
    };
    if (random_.percent(50)) array.reset();
    const bool runs = begun(1);
    array.reset();
    if (runs) must_live(::getpid(), worker_of(task, 0), task, inode, "that a task is using");
    if (random_.percent(60)) {
      pause_at_random();
      end(worker_of(task, 0), LargeMoment::running_with);
      if (retries != 0 && begun(2)) {
        must_live(::getpid(), worker_of(task, 1), task, inode, "that a task is using again");
      }
    }
    now.open();
    const auto right = outcome(looking, task, retries);
    look_at_attempts(task, retries);
    if (right && *right != task.words) {
      wrong(Fault::wrong, task.ticket.index,
            fmt::format("of the {} words of its array, which the client has let go, the first {} "
                        "were right",
                        task.words, *right));
    }
  }
  must_go(task, inode, "that a task was using when the client let it go");
}

// With the worker goes the array.
void ArrayPlayer::hold_the_last() {
  const LargeTask task = take(choose_words());
  const Keeps keeps = choose_keeper();
  bool kept = false;
  if (random_.percent(50)) {
    std::optional<Words> array = make_one(task);
    const auto keeping = submit(0, keep_array, task, *array, keeps);
    if (random_.percent(50)) array.reset();
    kept = ran(keeping, task, 0);
  } else {
    kept = ran(submit(0, make_and_keep, task, keeps), task, 0);
  }
  const Pidfd worker = worker_of(task, 0);
  const std::uint64_t inode = note(task).array.load();
  if (kept) must_live(worker.pid(), worker, task, inode, "that a worker has kept");
  pause_at_random();
  end(worker, LargeMoment::last_handle);
  must_go(task, inode, "that was kept by a worker alone, which was killed");
}

// From one page to a quarter of the largest result.
std::uint64_t ArrayPlayer::choose_words() {
  const std::uint64_t most = round_.bytes / sizeof(std::uint64_t) / 4;
  return 1 + random_.next() % (random_.percent(50) ? most : most / 16);
}

Keeps ArrayPlayer::choose_keeper() {
  return random_.percent(50) ? Keeps::in_a_static : Keeps::in_a_local;
}

Words ArrayPlayer::make_one(const LargeTask& task) {
  Words array(task.words);
  const WordsOf words(task.ticket.index);
  for (std::uint64_t i = 0; i < task.words; ++i) array[i] = words[i];
  return array;
}

void ArrayPlayer::wait_for_body(const LargeTask& task, const Made& future) {
  wait_until(task, [&] { return note(task).body_ended.load() || future.done(); });
}

bool ArrayPlayer::end(const Pidfd& worker, LargeMoment moment) {
  if (!kill(worker, moment)) return false;
  ++kills_;
  return true;
}

// A result's way to the client takes some microseconds; and sometimes it is there.
void ArrayPlayer::pause_at_random() {
  pause_for(random_.below(random_.percent(80) ? 60'000 : 2'000'000));
}

void ArrayPlayer::read_elsewhere(const Words& array, std::uint32_t made_by) {
  const LargeTask task = take(array.size());
  const auto looking =
      submit(kRetries, look_at_array, task, ConstWords(array), made_by, open_gate());
  const auto right = outcome(looking, task, kRetries);
  look_at_attempts(task, kRetries);
  if (!right || *right == array.size()) return;
  wrong(Fault::wrong, task.ticket.index,
        fmt::format("of the {} words of an array whose worker was killed the first {} were right",
                    array.size(), *right));
}

bool ArrayPlayer::is_right(const LargeTask& task, const Words& array, const std::string& what) {
  if (!are_right(task.ticket.index, task.words, array.span(), what)) return false;
  ++round_.totals.arrays_right;
  return true;
}

void ArrayPlayer::must_live(pid_t holder, const Pidfd& worker, const LargeTask& task,
                            std::uint64_t inode, const std::string& what) {
  std::uint64_t bytes = 0;
  std::uint64_t right = 0;
  const auto held = arrays_of({holder});
  if (const auto found = held.find(inode); found != held.end()) {
    bytes = found->second.front().bytes;
    if (const auto words = words_of(found->second.front(), inode, task.words)) {
      right = right_words(task.ticket.index, *words);
    }
  }
  if (bytes >= task.words * sizeof(std::uint64_t) && right == task.words) {
    round_.totals.bytes += task.words * sizeof(std::uint64_t);
    ++round_.totals.arrays_right;
    return;
  }
  // For another task's sake.
  if (!worker || round_.killed.has(worker.pid())) return;
  wrong(Fault::lost, task.ticket.index,
        fmt::format("of the array (inode {}) {} process {} has {} bytes, and of its {} words the "
                    "first {} are right",
                    inode, what, holder, bytes, task.words, right));
}

void ArrayPlayer::must_go(const LargeTask& task, std::uint64_t inode, const std::string& what) {
  if (inode == 0) return;  // its worker was killed before it had made one
  const std::string left = arrays_that_stay(round_, seat_, {}, inode);
  if (left.empty()) {
    ++round_.totals.arrays_gone;
  } else if (round_.goes_on()) {
    wrong(Fault::left_over, task.ticket.index,
          fmt::format("of the array {} there are still {}", what, left));
  }
}

}  // namespace prove
