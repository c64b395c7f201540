#pragma once

#include <cstddef>
#include <vector>

#include <muster/future.hpp>
#include <muster/process_pool.hpp>

namespace bench {

// Before the pool is made, so that its workers inherit the gate.
void prepare_gate();

// Keeps all workers of a process pool busy, so that what is submitted meanwhile stays queued.
class Gate {
 public:
  // Returns when each of the workers waits at the gate. One gate at a time.
  Gate(muster::ProcessPoolExecutor& pool, std::size_t workers);
  ~Gate() { open(); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  void open() noexcept;

 private:
  std::vector<muster::Future<int>> waiting_;
};

}  // namespace bench
