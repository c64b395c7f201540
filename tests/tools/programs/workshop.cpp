// workshop [NAME]: a pool in which something of each kind has happened and is happening: tasks that
// returned, threw, and killed their worker, that run and wait. Says "ready", and ends in order when
// its standard input ends.

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

#include "support/shared_memory_latch.hpp"

namespace {

constexpr int kWorkers = 3;

// Long enough that each is timed.
void resize() { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }

struct Page {
  int words = 0;
  volatile int lines = 0;
};

[[gnu::noinline]] void count_line(Page* page) { page->lines = page->lines + 1; }

void parse(int number) {
  Page here;
  Page* volatile page = &here;  // else the compiler knows that it cannot be null
  if (number == 13) page = nullptr;
  count_line(page);
}

void run(const std::string& name) {
  const test_support::SharedGate gate;
  const test_support::SharedCounter running;
  muster::ProcessPoolExecutor pool(
      {.max_workers = kWorkers, .name = name, .on_worker_death = muster::OnWorkerDeath::replace});
  const test_support::OpensAtExit open(gate);
  for (int i = 0; i < 20; ++i) pool.submit({.name = "resize"}, resize).result();
  for (int i = 0; i < 3; ++i) {
    pool.submit({.name = "load"}, [] { throw std::runtime_error("no such file"); }).exception();
  }
  pool.submit({.name = "parse"}, parse, 13).exception();

  std::vector<muster::Future<void>> tasks;
  for (int i = 0; i < kWorkers; ++i) {
    tasks.push_back(pool.submit({.name = "encode"}, [gate, running] {
      muster::this_task::set_progress(3, 10);
      running.add();
      gate.wait();
    }));
  }
  running.wait_at_least(kWorkers);
  for (int i = 0; i < 4; ++i) tasks.push_back(pool.submit({.name = "resize"}, resize));

  std::printf("ready\n");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  gate.open();
  for (auto& task : tasks) task.result();
}

}  // namespace

int main(int argc, char** argv) { run(argc > 1 ? argv[1] : "workshop"); }
