// top_client NAME WORKERS [break]: makes a pool of that name, whose workers are replaced, or else
// break it. Then it does what the lines of its standard input say, and answers each with "done":
//
//   hold NAME   submits a task that says it is 3 of 10 done, and runs until it is released
//   release     lets those end that are held
//   short NAME  runs a task to its end, that is long enough to be told of
//   fail NAME   runs one that throws
//
// The end of its input ends the pool.

#include <chrono>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <muster/muster.hpp>

#include "support/shared_memory_latch.hpp"

namespace {

using test_support::SharedGate;

class Client {
 public:
  Client(const std::string& name, std::size_t workers, bool breaks)
      : pool_({.max_workers = workers,
               .name = name,
               .on_worker_death =
                   breaks ? muster::OnWorkerDeath::break_pool : muster::OnWorkerDeath::replace}) {}
  ~Client() { end_.open(); }

  void run(const std::string& what, const std::string& name) {
    if (what == "hold") {
      hold(name);
    } else if (what == "release") {
      release();
    } else if (what == "short") {
      pool_.submit({.name = name}, pass_time).result();
    } else if (what == "fail") {
      pool_.submit({.name = name}, fail).exception();
    }
  }

 private:
  void hold(const std::string& name) {
    const SharedGate started;
    held_.push_back(pool_.submit({.name = name}, [started, end = end_] {
      muster::this_task::set_progress(3, 10);
      started.open();
      end.wait();
    }));
    started.wait();
  }

  void release() {
    end_.open();
    for (auto& task : held_) task.exception();
    held_.clear();
    end_ = SharedGate();
  }

  // Tasks of less than 2 us are not told of one by one.
  static void pass_time() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(50);
    while (std::chrono::steady_clock::now() < end) {
    }
  }
  static void fail() {
    pass_time();
    throw std::runtime_error("no");
  }

  muster::ProcessPoolExecutor pool_;
  SharedGate end_;
  std::vector<muster::Future<void>> held_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  Client client(argv[1], std::stoul(argv[2]), argc > 3 && std::string(argv[3]) == "break");
  std::cout << "done" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string what;
    std::string name;
    words >> what >> std::ws;
    std::getline(words, name);
    client.run(what, name);
    std::cout << "done" << std::endl;
  }
}
