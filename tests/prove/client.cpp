#include "prove/client.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

#include "prove/pause.hpp"

namespace prove {

using muster::CancelMode;
using muster::Future;
using namespace std::chrono_literals;

bool Client::go_on() {
  return !round_.stop.load(std::memory_order_relaxed) && ledger().next.load() < Ledger::kTickets;
}

void Client::run() {
  try {
    while (go_on()) {
      // Now all workers find something to do, now they sleep.
      if (random_.percent(8)) sleep_for(random_.below(3000));
      switch (round_.load) {
        case Load::mixed:
          random_.percent(20) ? run_map() : run_batch(random_.percent(30) ? 400 : 20);
          break;
        case Load::tiny: run_batch(400); break;
        case Load::single: run_batch(1); break;
      }
    }
  } catch (const muster::BrokenProcessPool& error) {
    if (!round_.may_break) {
      round_.verdict.broken(Fault::wrong, fmt::format("a pool that replaces its workers, with no "
                                                      "limit, broke: {}",
                                                      error.what()));
    }
  }
}

bool Client::take_tickets(std::uint32_t count, std::uint32_t& first) {
  first = ledger().take(count);
  return first < Ledger::kTickets && Ledger::kTickets - first >= count;
}

unsigned Client::choose_retries() {
  retries_ = random_.percent(40) ? static_cast<std::uint8_t>(random_.below(4)) : 0;
  limited_ = false;
  return retries_;
}

muster::TaskOptions Client::options() {
  muster::TaskOptions options;
  options.retries = choose_retries();
  if (random_.percent(5)) options.task_timeout = 30s;  // none of them takes that long
  return options;
}

Client::Task Client::submit(Ticket ticket) {
  constexpr std::uint32_t kTiny = 700;
  const muster::TaskOptions with = options();
  muster::ProcessPoolExecutor& pool = round_.pool;
  std::uint32_t kind = random_.below(1000);
  if (round_.load != Load::mixed && kind >= 20) kind = kTiny;
  const auto argument = [&](std::uint32_t n) {
    ticket.argument = n;
    return ticket;
  };
  if (kind < 2) {
    const std::uint32_t end = random_.below(kOwnEnds) + (random_.percent(50) ? kOnceOnly : 0);
    return {pool.submit(with, deadly_task, argument(end)), ticket};
  }
  if (kind < 5) {
    muster::TaskOptions limited = with;
    limited.task_timeout = std::chrono::milliseconds(2 + random_.below(6));
    limited_ = true;
    return {pool.submit(limited, sleeping_task, argument(20'000)), ticket};
  }
  if (kind < 10) return {pool.submit(with, sleeping_task, argument(random_.below(3000))), ticket};
  if (kind < 20) return {pool.submit(with, throwing_task, ticket), ticket};
  if (kind < 120) {
    const std::uint32_t letters = random_.below(kind < 60 ? 40 : 400);
    return {pool.submit(with, text_result, argument(letters)), ticket};
  }
  if (kind < 260) {
    const std::uint32_t words = random_.below(kind < 130 ? 100'000 : 8000);
    return {pool.submit(with, long_result, argument(words)), ticket};
  }
  if (kind < 340) {
    std::vector<std::uint64_t> words(random_.below(kind < 265 ? 100'000 : 4000));
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = i * ticket.index;
    const std::uint64_t sum = std::accumulate(words.begin(), words.end(), std::uint64_t{0});
    return {pool.submit(with, long_argument, ticket, words), ticket, sum};
  }
  // Plain ones, without options: the way that most tasks go.
  if (kind < 900) {
    retries_ = 0;
    return {pool.submit(short_task, argument(kind <= kTiny ? 0 : random_.below(20'000))), ticket};
  }
  return {pool.submit(with, short_task, argument(random_.below(200'000))), ticket};
}

void Client::run_batch(std::uint32_t most) {
  std::vector<Task> tasks;
  const std::uint32_t count = 1 + random_.below(most);
  for (std::uint32_t i = 0; i < count && go_on(); ++i) {
    std::uint32_t index = 0;
    if (!take_tickets(1, index)) break;
    try {
      const Watch::Waiting waiting(round_.watch, seat_, Watch::kSubmit);
      tasks.push_back(submit({.index = index}));
    } catch (const muster::BrokenProcessPool&) {
      for (Task& task : tasks) settle(task);
      throw;
    }
    round_.told[index] = waiting();
    if (random_.percent(3)) cancel(tasks[random_.below(tasks.size())]);
    if (random_.percent(2)) {
      ++round_.callbacks_due;
      std::visit(
          [this](auto& future) {
            future.add_done_callback([&round = round_](const auto&) { ++round.callbacks_called; });
          },
          tasks.back().future);
    }
  }
  if (round_.load == Load::mixed && random_.percent(20)) sleep_for(random_.below(2000));
  if (random_.percent(30)) std::reverse(tasks.begin(), tasks.end());
  for (Task& task : tasks) {
    if (random_.percent(1)) cancel(task);
    // Nobody wants it any more; it may run all the same.
    if (random_.percent(1) && round_.told[task.ticket.index].told == Told::waiting) {
      round_.told[task.ticket.index].told = Told::dropped;
      continue;
    }
    settle(task);
  }
}

void Client::cancel(Task& task) {
  ToldTask& told = round_.told[task.ticket.index];
  if (told.told != Told::waiting) return;
  const bool kill = random_.percent(30);
  const bool cancelled = std::visit(
      [&](auto& future) { return future.cancel(kill ? CancelMode::kill : CancelMode::pending); },
      task.future);
  if (!cancelled) return;
  tell(task.ticket.index, kill ? Told::killed : Told::cancelled);
}

void Client::tell(std::uint32_t index, Told told) {
  ToldTask& task = round_.told[index];
  if (task.told != Told::waiting) {
    wrong(Fault::wrong, index,
          fmt::format("it has ended twice: {}, then {}", name_of(task.told), name_of(told)));
  }
  task.told = told;
  task.begun_when_told = ledger().entries[index].begun();
}

template <class T>
T Client::result_of(const Future<T>& future) {
  switch (random_.below(10)) {
    case 0:
      while (true) {
        try {
          return future.result(3ms);
        } catch (const muster::TimeoutError&) {
        }
      }
    case 1: {
      const std::vector<Future<T>> one{future};
      if (muster::wait(one).done.empty()) throw std::logic_error("wait() returned for nothing");
      return future.result();
    }
    default: return future.result();
  }
}

void Client::settle(Task& task) {
  const std::uint32_t index = task.ticket.index;
  const Watch::Waiting waiting(round_.watch, seat_, index);
  try {
    std::visit(
        [&]<class T>(const Future<T>& future) {
          if constexpr (std::is_same_v<T, std::uint64_t>) {
            check(index, result_of(future), task.added);
          } else {
            check(index, result_of(future), task.ticket.argument);
          }
        },
        task.future);
  } catch (...) {
    note_failure(index);
  }
}

void Client::run_map() {
  muster::MapOptions with;
  const std::size_t chunks[] = {0, 0, 1, 4, 16};
  with.chunksize = chunks[random_.below(std::size(chunks))];
  if (random_.percent(20)) with.buffersize = 1 + random_.below(60);
  with.task.retries = choose_retries();
  switch (random_.below(20)) {
    case 0:
      with.task.task_timeout = 4ms;
      limited_ = true;
      with.chunksize = 3;
      return run_map_of(sleeping_task, 8000, with);
    case 1:
    case 2:
    case 3: return run_map_of(text_result, 300, with);
    case 4:
    case 5:
    case 6: return run_map_of(long_result, 3000, with);
    default: return run_map_of(short_task, random_.percent(50) ? 500 : 20'000, with);
  }
}

template <class F>
void Client::run_map_of(F function, std::uint32_t largest_argument, muster::MapOptions options) {
  const bool slow = !options.task.task_timeout.is_zero();
  const std::uint32_t count = 1 + random_.below(slow ? 12 : 150);
  std::uint32_t first = 0;
  if (!take_tickets(count, first)) return;
  std::vector<Ticket> items;
  for (std::uint32_t i = 0; i < count; ++i) {
    items.push_back({.index = first + i, .argument = random_.below(largest_argument)});
    round_.told[first + i] = waiting();
  }
  const std::uint32_t wanted = random_.percent(90) ? count : 1 + random_.below(count);
  std::uint32_t seen = 0;
  const auto forget_the_rest = [&] {
    for (std::uint32_t i = seen; i < count; ++i) round_.told[first + i].told = Told::nothing;
  };
  try {
    Watch::Waiting waiting(round_.watch, seat_, Watch::kSubmit);
    auto results = round_.pool.map(options, function, items);
    for (auto&& outcome : results.outcomes()) {
      const std::uint32_t index = first + seen;
      if (outcome.index() != seen)
        wrong(Fault::wrong, index, "the map gave another item's outcome");
      try {
        const auto& value = outcome.value();
        if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(value)>>) {
          check(index, value, 0);
        } else {
          check(index, value, items[seen].argument);
        }
      } catch (...) {
        note_failure(index);
      }
      if (++seen == wanted) break;
    }
    // Where its inputs are read as results are taken, a broken pool is its last outcome.
    const bool cut_short = round_.may_break && options.buffersize != 0 && seen != 0 &&
                           round_.told[first + seen - 1].told == Told::broken;
    if (seen != wanted && !cut_short) wrong(Fault::lost, first + seen, "the map ended before it");
    forget_the_rest();
  } catch (const muster::BrokenProcessPool&) {
    forget_the_rest();
    throw;
  }
}

void Client::check(std::uint32_t index, std::uint64_t value, std::uint64_t added) {
  if (value != value_of(index) + added) wrong(Fault::wrong, index, "it has another task's value");
  tell(index, Told::value);
}

void Client::check(std::uint32_t index, const std::string& text, std::uint64_t length) {
  bool right = text.size() == length;
  for (std::size_t i = 0; right && i < text.size(); ++i) right = text[i] == letter_of(index, i);
  if (!right) wrong(Fault::wrong, index, "its text is not what it returned");
  tell(index, Told::value);
}

void Client::check(std::uint32_t index, const std::vector<std::uint64_t>& words,
                   std::uint64_t length) {
  bool right = words.size() == length;
  for (std::size_t i = 0; right && i < words.size(); ++i) right = words[i] == value_of(index) + i;
  if (!right) wrong(Fault::wrong, index, "its words are not what it returned");
  tell(index, Told::value);
}

void Client::note_failure(std::uint32_t index) {
  ToldTask& told = round_.told[index];
  try {
    throw;
  } catch (const muster::CancelledError&) {
    if (told.told == Told::cancelled || told.told == Told::killed) return;  // told already
    wrong(Fault::lost, index, "nobody has cancelled it");
    tell(index, Told::cancelled);
  } catch (const muster::TaskTimeoutError& error) {
    tell(index, Told::timed_out);
    if (!told.limited) wrong(Fault::lost, index, fmt::format("it has time: {}", error.what()));
  } catch (const muster::WorkerDiedError& error) {
    if (round_.may_break) wrong(Fault::wrong, index, "its pool does not replace workers");
    note_death(index, error, Told::died);
  } catch (const muster::BrokenProcessPool& error) {
    if (!round_.may_break) {
      wrong(Fault::lost, index, fmt::format("its pool should not break: {}", error.what()));
    }
    note_death(index, error, Told::broken);
  } catch (const std::out_of_range& error) {
    tell(index, Told::threw);
    if (error.what() != std::to_string(index)) {
      wrong(Fault::wrong, index, fmt::format("it threw what task {} throws", error.what()));
    }
  } catch (const std::exception& error) {
    tell(index, Told::threw);
    wrong(Fault::lost, index, fmt::format("it came to \"{}\"", error.what()));
  }
}

void Client::note_death(std::uint32_t index, const muster::WorkerDeathError& error, Told told) {
  tell(index, told);
  // The last of its attempts, and no earlier one.
  const unsigned attempts = 1U + round_.told[index].retries;
  if (told == Told::died && attempts > 1 &&
      std::string_view(error.what()).find(fmt::format(", attempt {0} of {0})", attempts)) ==
          std::string_view::npos) {
    wrong(Fault::lost, index, fmt::format("it had attempts left: {}", error.what()));
  }
  const pid_t pid = error.worker_pid();
  if (ledger().ended_itself(pid)) return;
  if (!round_.killed.has(pid)) {
    wrong(Fault::lost, index,
          fmt::format("nobody has killed the worker it names: {}", error.what()));
  } else if (!error.term_signal()) {
    wrong(Fault::wrong, index, fmt::format("the worker it names was killed: {}", error.what()));
  } else if (!round_.killed.was_sent(pid, *error.term_signal())) {
    wrong(Fault::wrong, index,
          fmt::format("the worker it names was sent another signal: {}", error.what()));
  }
}

void Client::wrong(Fault fault, std::uint32_t index, const std::string& what) {
  round_.verdict.broken(fault, fmt::format("task {}: {}", index, what));
}

}  // namespace prove
