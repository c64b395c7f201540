#pragma once

#include <string>

#include "lib/segments/memfd.hpp"
#include "lib/segments/views.hpp"

namespace muster::detail {

// A pool's four segments as the client holds them: tasks and control writable, results and facts
// read-only.
class PoolSegments {
 public:
  // Makes and maps them and writes the pool's header. Throws Error where memory, descriptors or
  // address space run out.
  PoolSegments(const std::string& pool_name, const Geometry& geometry, bool replaces);

  const Geometry& geometry() const { return geometry_; }
  TasksView tasks() const { return {address(tasks_region_), geometry_}; }
  ControlView control() const { return {address(control_region_), geometry_}; }
  ResultsView results() const { return {address(results_region_), geometry_}; }
  FactsView facts() const { return {address(facts_region_), geometry_}; }
  int tasks_fd() const { return tasks_.fd(); }

  // The descriptors for the supervisor; the client's writable ones for what it only reads go with
  // them. Called in the supervisor, and (to drop them) in the client after its fork.
  struct ForSupervisor {
    Memfd tasks;  // read-only
    Memfd control;
    Memfd results;
    Memfd facts;
  };
  ForSupervisor& for_supervisor() { return for_supervisor_; }
  // Puts pages behind what every task touches, and what workers tell by in any case, so that it
  // does not fail later for lack of memory. Until then little of it may be used. Throws Error.
  // Before drop_for_supervisor().
  void allocate();
  // In the client, once the supervisor is forked.
  void drop_for_supervisor() { for_supervisor_ = {}; }

  // The mapping of the results, to outlive this object where futures still look into it.
  boost::interprocess::mapped_region take_results_region() { return std::move(results_region_); }

  // Bytes of all segments that have pages behind them.
  std::size_t backed_bytes() const;
  // In a child that the user forked: what it inherited of this pool.
  void close_in_child();

 private:
  static std::byte* address(const boost::interprocess::mapped_region& region) {
    return static_cast<std::byte*>(region.get_address());
  }

  Geometry geometry_;
  Memfd tasks_;
  Memfd control_;
  Memfd results_;  // read-only
  Memfd facts_;    // read-only
  ForSupervisor for_supervisor_;
  boost::interprocess::mapped_region tasks_region_;
  boost::interprocess::mapped_region control_region_;
  boost::interprocess::mapped_region results_region_;
  boost::interprocess::mapped_region facts_region_;
};

}  // namespace muster::detail
