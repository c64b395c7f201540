#pragma once

#include <atomic>
#include <cstdint>
#include <variant>
#include <vector>

#include <muster/muster.hpp>

#include "prove/killer.hpp"
#include "prove/random.hpp"
#include "prove/tasks.hpp"
#include "prove/told.hpp"
#include "prove/verdict.hpp"
#include "prove/watch.hpp"

namespace prove {

// What the clients of one round give to the pool.
enum class Load : std::uint8_t {
  mixed,   // tasks and maps of all kinds, short and long
  tiny,    // many empty tasks at once: workers claim most of the time
  single,  // one empty task at a time: workers park and are woken most of the time
};

// What the client threads of one round share.
struct ClientRound {
  muster::ProcessPoolExecutor& pool;
  bool may_break = false;  // OnWorkerDeath::break_pool
  Load load = Load::mixed;
  ToldTasks& told;
  Verdict& verdict;
  Watch& watch;
  const KilledPids& killed;
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> ended{0};  // threads
  std::atomic<std::uint64_t> callbacks_due{0};
  std::atomic<std::uint64_t> callbacks_called{0};
};

// One thread that gives tasks of all kinds to the pool, and looks at what becomes of them.
class Client {
 public:
  Client(ClientRound& round, std::size_t seat, Random random)
      : round_(round), seat_(seat), random_(random) {}

  // Until it is told to stop, the pool is broken, or there are no more tickets.
  void run();

 private:
  struct Task {
    std::variant<muster::Future<std::uint64_t>, muster::Future<std::vector<std::uint64_t>>,
                 muster::Future<std::string>>
        future;
    Ticket ticket;
    std::uint64_t added = 0;  // to value_of(index)
  };

  bool go_on();
  void run_batch(std::uint32_t most);
  void run_map();
  template <class F>
  void run_map_of(F function, std::uint32_t largest_argument, muster::MapOptions options);
  bool take_tickets(std::uint32_t count, std::uint32_t& first);
  Task submit(Ticket ticket);
  muster::TaskOptions options();
  void cancel(Task& task);
  void settle(Task& task);
  template <class T>
  T result_of(const muster::Future<T>& future);
  void check(std::uint32_t index, std::uint64_t value, std::uint64_t added);
  void check(std::uint32_t index, const std::string& text, std::uint64_t length);
  void check(std::uint32_t index, const std::vector<std::uint64_t>& words, std::uint64_t length);
  // Of the exception that is being handled.
  void note_failure(std::uint32_t index);
  void note_death(std::uint32_t index, const muster::WorkerDeathError& error, Told told);
  void wrong(Fault fault, std::uint32_t index, const std::string& what);

  ClientRound& round_;
  const std::size_t seat_;
  Random random_;
  // Of the next task, which has no limit yet.
  unsigned choose_retries();
  ToldTask waiting() const { return {Told::waiting, retries_, limited_, 0}; }
  // Its future is finished.
  void tell(std::uint32_t index, Told told);

  // Of the task that is being submitted.
  std::uint8_t retries_ = 0;
  bool limited_ = false;
};

}  // namespace prove
