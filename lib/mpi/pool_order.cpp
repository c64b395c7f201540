#include "lib/mpi/pool_order.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <fstream>

#include <muster/bitwise.hpp>
#include <muster/error.hpp>
#include <muster/portable_function.hpp>

#include "lib/start/start_method.hpp"
#include "lib/start/task_offer.hpp"

namespace muster::detail {

namespace {

// A function from rank 0, in a form in which it can be a function of this process's own: its code
// means the same in all ranks.
struct HandedOn {
  static constexpr std::size_t kMost = 240;

  FunctionCode thunk = 0;
  std::uint64_t size = 0;
  std::array<std::byte, kMost> bytes{};

  void operator()() const {
    EncodedFunction function;
    function.thunk = thunk;
    function.bytes.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    function.given = true;
    function.invoke(current_modules());
  }
};

PortableFunction handed_on(const EncodedFunction& function) {
  if (!function) return {};
  HandedOn handed;
  if (function.bytes.size() > HandedOn::kMost) {
    throw InvalidArgumentError("an initializer or finalizer of an MpiPoolExecutor captures " +
                               std::to_string(function.bytes.size()) + " bytes; at most " +
                               std::to_string(HandedOn::kMost) + " can be handed on to the ranks");
  }
  handed.thunk = function.thunk;
  handed.size = function.bytes.size();
  std::ranges::copy(function.bytes, handed.bytes.begin());
  return PortableFunction(bitwise(handed));
}

std::string text_of(const ModuleMark* mark) {
  return mark != nullptr ? mark->file + " (" + mark->identity + ")" : "no module more";
}

}  // namespace

PoolOrder PoolOrder::of(const ProcessPoolOptions& options, const std::string& name,
                        const ModuleTable& modules) {
  PoolOrder order;
  order.name = name;
  order.max_workers = options.max_workers;
  order.start_method = options.start_method;
  order.spawn_timeout_ns = options.spawn_timeout.nanoseconds();
  if (!options.modules.empty()) {
    throw InvalidArgumentError(
        "an MpiPoolExecutor on several ranks runs the functions of its program and takes no "
        "ProcessPoolOptions::modules");
  }
  order.initializer = EncodedFunction::of(options.initializer, modules);
  order.finalizer = EncodedFunction::of(options.finalizer, modules);
  for (const EncodedFunction* function : {&order.initializer, &order.finalizer}) {
    if (*function && is_named(function->thunk)) throw_no_modules(function->thunk, name);
  }
  order.max_tasks_per_child = options.max_tasks_per_child;
  order.on_worker_death = options.on_worker_death;
  order.most_deaths = options.restart_intensity.deaths;
  order.deaths_within_ns = options.restart_intensity.within.nanoseconds();
  order.kill_grace_ns = options.kill_grace.nanoseconds();
  order.checksum_results = options.checksum_results;
  order.max_shared_memory = options.max_shared_memory;
  order.on_memory_limit = options.on_memory_limit;
  order.limits = options.limits;
  order.telemetry = options.telemetry;
  return order;
}

ProcessPoolOptions PoolOrder::options() const {
  ProcessPoolOptions made;
  made.max_workers = max_workers;
  made.name = name;
  made.start_method = start_method;
  // The rank's process has MPI in it, whatever the environment says.
  if (chosen_start_method(start_method) == StartMethod::fork) {
    made.start_method = StartMethod::forkserver;
  }
  made.spawn_timeout = std::chrono::nanoseconds(spawn_timeout_ns);
  made.initializer = handed_on(initializer);
  made.finalizer = handed_on(finalizer);
  made.max_tasks_per_child = max_tasks_per_child;
  made.on_worker_death = on_worker_death;
  made.restart_intensity = {.deaths = most_deaths,
                            .within = std::chrono::nanoseconds(deaths_within_ns)};
  made.kill_grace = std::chrono::nanoseconds(kill_grace_ns);
  made.checksum_results = checksum_results;
  made.max_shared_memory = max_shared_memory;
  made.on_memory_limit = on_memory_limit;
  made.limits = limits;
  made.telemetry = telemetry;
  return made;
}

std::string differences(const std::vector<ModuleMark>& ours,
                        const std::vector<ModuleMark>& theirs) {
  constexpr std::size_t kMostTold = 8;
  std::string table;
  std::size_t told = 0;
  for (std::size_t i = 0; i < std::max(ours.size(), theirs.size()); ++i) {
    const ModuleMark* const a = i < ours.size() ? &ours[i] : nullptr;
    const ModuleMark* const b = i < theirs.size() ? &theirs[i] : nullptr;
    if (a != nullptr && b != nullptr) {
      const bool of_the_kernel = !a->file.starts_with('/') && a->file == b->file;
      if (of_the_kernel || a->identity == b->identity) continue;
    }
    if (told++ == kMostTold) return table + "\n  and more";
    table += "\n  rank 0 has " + text_of(a) + ", it has " + text_of(b);
  }
  return table;
}

std::string boot_id() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  // Processes of another pid namespace of the same machine have other numbers.
  std::array<char, 64> space{};
  const ssize_t length = ::readlink("/proc/self/ns/pid", space.data(), space.size());
  if (length > 0) id.append(space.data(), static_cast<std::size_t>(length));
  return id;
}

}  // namespace muster::detail
