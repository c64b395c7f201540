#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "prove/pidfd.hpp"

namespace prove {

// A pool's supervisor and workers, seen from outside: the client's child and its children.
class PoolProcesses {
 public:
  explicit PoolProcesses(pid_t client) : client_(client) {}

  // Finds those that have come to be since the last look.
  void look();

  const Pidfd& supervisor() const { return supervisor_; }
  // Of those found that live and that were not taken yet; nobody if there are none.
  Pidfd take_worker(std::uint32_t which);
  const std::vector<Pidfd>& workers() const { return workers_; }

 private:
  bool knows(pid_t worker) const;

  const pid_t client_;
  Pidfd supervisor_;
  std::vector<Pidfd> workers_;
  std::vector<pid_t> taken_;
};

}  // namespace prove
