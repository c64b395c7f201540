// A rank 0, and a task, that run this program again, which is no rank then.
#include <cstdlib>
#include <iostream>
#include <string>

#include <muster/mpi.hpp>
#include <muster/muster.hpp>

namespace {

int answer() { return 42; }
int run_again() { return std::system("exec /proc/$PPID/exe child"); }

}  // namespace

int main(int argc, char**) {
  muster::init();
  if (argc > 1) {
    muster::ProcessPoolExecutor pool({.max_workers = 1});
    std::cout << "child " << pool.submit(answer).result() << std::endl;
    return 0;
  }
  muster::MpiPoolExecutor pool({.max_workers = 1});
  const int status = run_again() + pool.submit(run_again).result();
  std::cout << "ranks " << pool.ranks() << ", statuses " << status << std::endl;
}
