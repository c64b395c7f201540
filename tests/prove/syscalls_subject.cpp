// A small program that uses a pool, to be run while system calls fail: SCRIPT is plain, death or
// break. It exits with 0 if all went well, or an error said what did not; with 3 if a result was
// wrong; with 4 if something was thrown that is no error of Muster's.

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <numeric>
#include <string_view>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

namespace {

using muster::OnWorkerDeath;
using muster::ProcessPoolExecutor;

int plus_one(int n) { return n + 1; }
std::vector<int> count_to(int n) {
  std::vector<int> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  return all;
}
long sum_of(const std::vector<int>& all) { return std::accumulate(all.begin(), all.end(), 0L); }
void die() { ::kill(::getpid(), SIGKILL); }

struct WrongResult {};

void expect(bool holds) {
  if (!holds) throw WrongResult();
}

// Each step may fail for itself.
template <class F>
void step(const char* name, F run) {
  try {
    run();
    std::printf("%s: well\n", name);
  } catch (const muster::Error& error) {
    std::printf("%s: %s\n", name, error.what());
  } catch (const std::bad_alloc&) {
    std::printf("%s: there is no memory\n", name);
  }
}

void use(ProcessPoolExecutor& pool) {
  step("small tasks", [&] {
    std::vector<muster::Future<int>> all;
    for (int i = 0; i < 20; ++i) all.push_back(pool.submit(plus_one, i));
    for (int i = 0; i < 20; ++i) expect(all[static_cast<std::size_t>(i)].result() == i + 1);
  });
  step("large argument",
       [&] { expect(pool.submit(sum_of, count_to(50'000)).result() == 50'000L * 49'999 / 2); });
  step("large result", [&] { expect(pool.submit(count_to, 50'000).result() == count_to(50'000)); });
  step("map", [&] {
    int next = 1;
    for (const int n : pool.map(plus_one, count_to(300))) expect(n == next++);
  });
  step("callback", [&] {
    auto future = pool.submit(plus_one, 1);
    future.add_done_callback([](const auto&) {});
    expect(future.result() == 2);
  });
}

void run(std::string_view script) {
  const bool breaks = script == "break";
  ProcessPoolExecutor pool(
      {.max_workers = 2,
       .on_worker_death = breaks ? OnWorkerDeath::break_pool : OnWorkerDeath::replace,
       .kill_grace = std::chrono::milliseconds(50)});
  use(pool);
  if (script != "plain") {
    step("death", [&] { pool.submit(die).result(); });
    step("death and retry", [&] { pool.submit({.retries = 1}, die).result(); });
    step("time limit", [&] {
      pool.submit({.task_timeout = std::chrono::milliseconds(5)}, [] { ::pause(); }).result();
    });
    step("kill", [&] {
      auto future = pool.submit([] { ::pause(); });
      while (!future.running() && !future.done()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      future.cancel(muster::CancelMode::kill);
      future.result();
    });
    use(pool);
  }
  step("shutdown", [&] { pool.shutdown(); });
}

}  // namespace

int main(int argc, char** argv) {
  ::getppid();  // who traces sees by it that main has begun: what fails before is the loader's
  try {
    run(argc > 1 ? argv[1] : "plain");
  } catch (const muster::Error& error) {
    std::printf("%s\n", error.what());
  } catch (const std::bad_alloc&) {
    std::printf("there is no memory\n");
  } catch (const WrongResult&) {
    std::printf("a result was wrong\n");
    return 3;
  } catch (const std::exception& error) {
    std::printf("not an error of Muster's: %s\n", error.what());
    return 4;
  }
  return 0;
}
