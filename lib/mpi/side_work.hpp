#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <list>
#include <thread>

#include "lib/mpi/bell.hpp"

namespace muster::detail {

// What takes long is done beside the thread that talks MPI, which goes on to hear of rank 0 and to
// serve other pools. All members are called by that one.
class SideWork {
 public:
  using After = std::function<void(const std::exception_ptr&)>;

  // `bell`: is rung when a piece has ended.
  explicit SideWork(Bell& bell) : bell_(bell) {}

  // `work` runs on a thread of its own, or here where there is none left; `after` in look(), with
  // what `work` has thrown.
  void begin(std::function<void()> work, After after);
  // True: something had ended.
  bool look();
  bool is_over() const { return pieces_.empty(); }

 private:
  struct Piece {
    std::function<void()> work;
    After after;
    std::exception_ptr error;
    std::atomic<bool> done{false};
    std::thread thread;

    void run() noexcept;
  };

  Bell& bell_;
  std::list<Piece> pieces_;
};

}  // namespace muster::detail
