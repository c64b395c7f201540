#include "prove/pool_processes.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "support/proc.hpp"

namespace prove {

namespace {

// Those that its first thread has forked, by one short file where the kernel has it: a look through
// all of /proc takes milliseconds.
std::vector<pid_t> children_soon(pid_t parent) {
  const std::string number = std::to_string(parent);
  const std::string file = "/proc/" + number + "/task/" + number + "/children";
  std::ifstream in(file);
  if (in) return {std::istream_iterator<pid_t>(in), std::istream_iterator<pid_t>()};
  return test_support::children_of(parent);
}

}  // namespace

void PoolProcesses::look() {
  if (!supervisor_) {
    for (const pid_t pid : children_soon(client_)) {
      Pidfd found(pid);
      // A number that changed hands has another parent.
      if (found && test_support::parent_of(pid) == client_) supervisor_ = std::move(found);
      if (supervisor_) break;
    }
  }
  if (!supervisor_.lives()) return;
  for (const pid_t pid : children_soon(supervisor_.pid())) {
    if (knows(pid)) continue;
    Pidfd found(pid);
    if (found && test_support::parent_of(pid) == supervisor_.pid()) {
      workers_.push_back(std::move(found));
    }
  }
}

bool PoolProcesses::knows(pid_t worker) const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [&](const Pidfd& known) { return known.pid() == worker; }) ||
         std::find(taken_.begin(), taken_.end(), worker) != taken_.end();
}

Pidfd PoolProcesses::take_worker(std::uint32_t which) {
  std::erase_if(workers_, [](const Pidfd& worker) { return !worker.lives(); });
  if (workers_.empty()) return {};
  const auto taken = workers_.begin() + which % static_cast<std::uint32_t>(workers_.size());
  Pidfd worker = std::move(*taken);
  workers_.erase(taken);
  taken_.push_back(worker.pid());
  return worker;
}

}  // namespace prove
