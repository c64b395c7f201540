// lost_rank none|kill: has the process of a rank killed while a task runs there.
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <string>

#include <muster/mpi.hpp>
#include <muster/muster.hpp>

namespace {

int answer() { return 42; }

pid_t parent_of(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;) {
    if (word == "PPid:") {
      pid_t parent = 0;
      status >> parent;
      return parent;
    }
  }
  return 0;
}

// The rank's process is the one above worker, supervisor and fork server.
void kill_own_rank() {
  const pid_t rank = parent_of(parent_of(getppid()));
  kill(rank, SIGKILL);
  for (;;) pause();
}

}  // namespace

int main(int, char** argv) {
  muster::init();
  try {
    muster::MpiPoolExecutor pool({.max_workers = 1});
    std::cout << "result before: " << pool.submit(answer).result() << std::endl;
    if (argv[1] == std::string("none")) return 0;
    pool.submit(kill_own_rank).result();
  } catch (const muster::BrokenProcessPool& error) {
    std::cout << "BrokenProcessPool: " << error.what() << std::endl;
  } catch (const muster::Error& error) {
    std::cout << "Error: " << error.what() << std::endl;
  }
}
