// two_hosts GO: the same work again and again until the file GO exists, and once more then; prints
// what came of it, which must be the same each time and wherever it ran.
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <muster/mpi.hpp>
#include <muster/muster.hpp>

namespace {

std::uint64_t square_slowly(std::uint64_t n) {
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  return n * n;
}

std::vector<std::uint64_t> add_one(std::span<const std::uint64_t> values) {
  std::vector<std::uint64_t> sums(values.begin(), values.end());
  for (std::uint64_t& each : sums) ++each;
  return sums;
}

std::string work(muster::MpiPoolExecutor& pool) {
  std::vector<std::uint64_t> inputs(200);
  std::iota(inputs.begin(), inputs.end(), 0);
  std::vector<muster::Future<std::uint64_t>> small;
  for (const std::uint64_t n : inputs) small.push_back(pool.submit(square_slowly, n));
  std::vector<std::uint64_t> array(300'000);  // 2.4 MB
  std::iota(array.begin(), array.end(), 0);
  auto large = pool.submit(add_one, array);
  std::uint64_t squares = 0;
  for (const auto& each : small) squares += each.result();
  std::uint64_t mapped = 0;
  for (const std::uint64_t each : pool.map({.chunksize = 20}, square_slowly, inputs)) {
    mapped += each;
  }
  const std::vector<std::uint64_t> back = large.result();
  const std::uint64_t sum = std::accumulate(back.begin(), back.end(), std::uint64_t{0});
  return "squares " + std::to_string(squares) + ", mapped " + std::to_string(mapped) + ", array " +
         std::to_string(back.size()) + " " + std::to_string(sum);
}

}  // namespace

int main(int, char** argv) {
  muster::init();
  try {
    muster::MpiPoolExecutor pool({.max_workers = 1});
    std::set<std::string> hosts;
    for (const muster::MpiWorker& worker : pool.worker_pids()) hosts.insert(worker.host);
    for (const std::string& host : hosts) std::cerr << "worker on " << host << std::endl;
    const std::string first = work(pool);
    std::cerr << "begun" << std::endl;
    bool is_last = false;
    do {
      is_last = std::filesystem::exists(argv[1]);
      const std::string again = work(pool);
      if (again == first) continue;
      std::cout << "first " << first << ", then " << again << std::endl;
      return 1;
    } while (!is_last);
    std::cout << first << std::endl;
  } catch (const muster::Error& error) {
    std::cout << "error: " << error.what() << std::endl;
    return 3;
  }
}
