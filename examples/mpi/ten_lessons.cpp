// What the ten small programs beside this folder show, on whatever pool stands behind an Executor:
//   ten_lessons processes
//   mpirun -n 3 ten_lessons mpi
// prints the same, since no line says where or when something ran.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <muster/mpi.hpp>
#include <muster/muster.hpp>

class ParseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
MUSTER_REGISTER_EXCEPTION(ParseError)

namespace {

using namespace std::chrono_literals;

double nap(int n) {
  std::this_thread::sleep_for(n * 10ms);
  return n / 10.0;
}

int half(int n) {
  if (n % 2 != 0) throw std::domain_error("an odd number has no half here");
  return n / 2;
}

int parse(const std::string& text) {
  if (text.empty()) throw ParseError("the text is empty");
  return std::stoi(text);  // throws std::invalid_argument where there is no number
}

void until_stopped() {
  while (!muster::this_task::stop_requested()) std::this_thread::sleep_for(1ms);
}

void kill_self() { kill(getpid(), SIGKILL); }

bool runs_in(pid_t process) { return getpid() == process; }

std::uint64_t count_primes(std::uint64_t below) {
  std::uint64_t primes = 0;
  for (std::uint64_t n = 2; n < below; ++n) {
    bool prime = true;
    for (std::uint64_t d = 2; d * d <= n && prime; ++d) prime = n % d != 0;
    if (prime) ++primes;
  }
  return primes;
}

void map_in_order(muster::Executor& pool) {
  std::cout << "1: map:";
  for (const double slept : pool.map(nap, std::vector{5, 4, 3, 2, 1})) std::cout << ' ' << slept;
  std::cout << '\n';
}

void submit_one(muster::Executor& pool) {
  const muster::Future<double> future = pool.submit(nap, 5);
  std::cout << "2: submit: " << future.result() << ", then " << future << '\n';
}

void as_completed(muster::Executor& pool) {
  std::vector<muster::Future<double>> futures;
  for (int n = 1; n <= 5; ++n) futures.push_back(pool.submit(nap, n));
  double sum = 0;
  int count = 0;
  for (const auto& future : muster::as_completed(futures)) {
    sum += future.result();
    ++count;
  }
  std::cout << "3: as_completed: " << count << " futures, together " << sum << '\n';
}

void callbacks(muster::Executor& pool) {
  std::vector<std::string> said(2);
  std::vector<muster::Promise<void>> called(2);
  for (std::size_t i = 0; i < 2; ++i) {
    pool.submit(half, static_cast<int>(4 + i))
        .add_done_callback([&, i](const muster::Future<int>& done) {
          said[i] = done.exception() ? "error" : "value " + std::to_string(done.result());
          called[i].set_result();
        });
  }
  for (const auto& promise : called) promise.future().result();
  std::cout << "4: callbacks: " << said[0] << ", " << said[1] << '\n';
}

void cancel_in_reverse(muster::Executor& pool, std::size_t workers) {
  std::vector<muster::Future<void>> running;
  for (std::size_t i = 0; i < workers; ++i) running.push_back(pool.submit(until_stopped));
  for (auto& future : running) {
    while (!future.running()) std::this_thread::sleep_for(1ms);
  }
  std::vector<muster::Future<double>> waiting;
  for (int n = 0; n < 10; ++n) waiting.push_back(pool.submit(nap, n));
  const auto cancelled =
      std::count_if(waiting.rbegin(), waiting.rend(), [](auto& future) { return future.cancel(); });
  const bool runs = std::ranges::none_of(running, [](auto& future) { return future.cancel(); });
  for (auto& future : running) future.request_stop();
  for (auto& future : running) future.result();
  std::cout << "5: cancel: " << cancelled << " of 10 that wait, " << (runs ? "none" : "some")
            << " of those that run\n";
}

void exceptions(muster::Executor& pool) {
  std::cout << "6: exceptions:";
  for (const char* text : {"42", "forty-two", ""}) {
    try {
      std::cout << ' ' << pool.submit(parse, text).result();
    } catch (const std::invalid_argument&) {
      std::cout << " std::invalid_argument";
    } catch (const ParseError& error) {
      std::cout << " ParseError (" << error.what() << ')';
    }
  }
  std::cout << '\n';
}

void other_process(muster::Executor& pool) {
  const bool here = pool.submit(runs_in, getpid()).result();
  std::cout << "8: tasks run in " << (here ? "this process" : "another process") << '\n';
}

void worker_killed(muster::Executor& pool) {
  auto victim = pool.submit(kill_self);
  auto other = pool.submit(half, 10);
  try {
    victim.result();
  } catch (const muster::WorkerDiedError& error) {
    std::cout << "9: a worker was killed by signal " << error.term_signal().value_or(0)
              << ", and another task gave " << other.result() << '\n';
  }
}

void primes(muster::Executor& pool) {
  std::cout << "10: primes below 10, 1000, 100000:";
  const std::vector<std::uint64_t> bounds{10, 1000, 100'000};
  for (const std::uint64_t count : pool.map(count_primes, bounds)) std::cout << ' ' << count;
  std::cout << '\n';
}

void teach(muster::Executor& pool, std::size_t workers) {
  map_in_order(pool);
  submit_one(pool);
  as_completed(pool);
  callbacks(pool);
  cancel_in_reverse(pool, workers);
  exceptions(pool);
  other_process(pool);
  worker_killed(pool);
  primes(pool);
}

}  // namespace

int main(int argc, char** argv) {
  muster::init();  // on the ranks that serve it does not return
  const bool mpi = argc == 2 && argv[1] == std::string_view("mpi");
  if (!mpi && (argc != 2 || argv[1] != std::string_view("processes"))) {
    std::cerr << "usage: ten_lessons processes|mpi\n";
    return 2;
  }
  muster::Future<double> last;
  {
    const muster::ProcessPoolOptions options{.max_workers = 2,
                                             .on_worker_death = muster::OnWorkerDeath::replace};
    std::unique_ptr<muster::Executor> pool;
    if (mpi) {
      pool = std::make_unique<muster::MpiPoolExecutor>(options);
    } else {
      pool = std::make_unique<muster::ProcessPoolExecutor>(options);
    }
    teach(*pool, pool->stats().workers.size());
    last = pool->submit(nap, 3);
  }  // waits here for what runs and for what is queued
  std::cout << "7: after the pool's scope: " << (last.done() ? "done" : "not done") << '\n';
}
