#include "prove/tasks.hpp"

#include <time.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <numeric>
#include <stdexcept>

#include <muster/this_task.hpp>

#include "lib/common/ticks.hpp"
#include "prove/ledger.hpp"
#include "prove/random.hpp"

namespace prove {

namespace {

// From the first to the last thing that a task does.
class Body {
 public:
  explicit Body(const Ticket& ticket)
      : entry_(ledger().entries[ticket.index]),
        cell_(ledger().cells[muster::this_worker::index() % Ledger::kWorkers]),
        word_(cell_word(::getpid(), ticket.index)) {
    cell_.begun.store(word_);
    entry_.note_begin(::getpid());
  }
  ~Body() {
    entry_.ended.fetch_add(1);
    cell_.ended.store(word_);
  }
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

 private:
  LedgerEntry& entry_;
  WorkerCell& cell_;
  const std::uint64_t word_;
};

void work_for(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return;
  const std::int64_t end = muster::detail::monotonic_ns() + nanoseconds;
  while (muster::detail::monotonic_ns() < end) {
  }
}

[[noreturn]] void end_worker(OwnEnd how) {
  ledger().note_own_end(::getpid(), how);
  switch (how) {
    case OwnEnd::kill: ::kill(::getpid(), SIGKILL); break;
    case OwnEnd::segv: {
      volatile int* volatile nowhere = nullptr;
      *nowhere = 1;
      break;
    }
    case OwnEnd::abort: std::abort();
    case OwnEnd::exit: std::exit(3);
    case OwnEnd::quick_exit: ::_exit(4);
  }
  std::abort();
}

}  // namespace

std::uint64_t value_of(std::uint32_t index) {
  return mix(ledger().salt.load(std::memory_order_relaxed) ^ index);
}

char letter_of(std::uint32_t index, std::size_t position) {
  return static_cast<char>('a' + (value_of(index) + position) % 26);
}

std::uint64_t short_task(Ticket ticket) {
  const Body body(ticket);
  work_for(ticket.argument);
  return value_of(ticket.index);
}

std::vector<std::uint64_t> long_result(Ticket ticket) {
  const Body body(ticket);
  std::vector<std::uint64_t> words(ticket.argument);
  std::iota(words.begin(), words.end(), value_of(ticket.index));
  return words;
}

std::string text_result(Ticket ticket) {
  const Body body(ticket);
  std::string text(ticket.argument, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = letter_of(ticket.index, i);
  return text;
}

std::uint64_t long_argument(Ticket ticket, const std::vector<std::uint64_t>& words) {
  const Body body(ticket);
  return std::accumulate(words.begin(), words.end(), value_of(ticket.index));
}

std::uint64_t throwing_task(Ticket ticket) {
  const Body body(ticket);
  throw std::out_of_range(std::to_string(ticket.index));
}

std::uint64_t sleeping_task(Ticket ticket) {
  const Body body(ticket);
  timespec left{static_cast<time_t>(ticket.argument / 1'000'000),
                static_cast<long>(ticket.argument % 1'000'000 * 1000)};
  while (::nanosleep(&left, &left) != 0) {
  }
  return value_of(ticket.index);
}

std::uint64_t deadly_task(Ticket ticket) {
  const Body body(ticket);
  const bool again = ledger().entries[ticket.index].begun() > 1;
  if (ticket.argument < kOnceOnly || !again) {
    end_worker(static_cast<OwnEnd>(ticket.argument % kOnceOnly));
  }
  return value_of(ticket.index);
}

}  // namespace prove
