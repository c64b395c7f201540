// The status tool, from a pool's memory to what it prints: four sealed files whose header is right
// and whose other bytes are anything, called by any name, and other ones at the second look. Every
// page and every document can be written, and what goes to a terminal is text.

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "fuzz/answering_worker.hpp"
#include "fuzz/require.hpp"
#include "fuzz/small_pool.hpp"
#include "fuzz/tool_output.hpp"
#include "lib/inspect/event_reader.hpp"
#include "lib/inspect/picture.hpp"
#include "lib/inspect/stack_reader.hpp"
#include "lib/inspect/task_list.hpp"
#include "tools/muster/unwinder.hpp"

namespace fuzz {
namespace {

using namespace muster::detail;

// One input shows one of these: to print takes longer than all else.
enum class Shows : std::uint8_t { pages, trace, screens, browser, metrics };
constexpr std::uint32_t kShows = 5;

// Of this process, which holds them itself.
FoundPool found(const SmallPool& pool, Input& input) {
  FoundPool found;
  const auto missing = input.take<std::uint8_t>();
  for (std::size_t i = 0; i < kSegments; ++i) {
    const int fd = pool.memory(static_cast<Segment>(i)).fd();
    struct stat status {};
    require(::fstat(fd, &status) == 0, "the pool's files can be asked for their numbers");
    // Some are missing, or another file has their number by now.
    if (i != 0 && missing == i) continue;
    found.segments[i] = SegmentPlace{::getpid(), fd, status.st_dev, status.st_ino};
    if (missing == 16 + i) ++found.segments[i]->inode;
  }
  found.ambiguous = missing == 32;
  found.holders = {*found.segments[0]};
  found.name = input.take_text(input.below(24));
  return found;
}

// The first worker is one that lives, by what the supervisor and itself have written.
void give_worker(const Views& views, const AnsweringWorker& worker) {
  const auto pid = static_cast<std::uint32_t>(worker.pid());
  views.facts.facts().supervisor_pid.store(static_cast<std::uint32_t>(::getpid()));
  views.facts.worker(0).pid.store(pid);
  views.results.window(0).record().pid.store(pid);
}

// Its answer is whatever has been written there, and so is the stack that is unwound; but it is in
// a function and its stack pointer in the copy, mostly, since else there is nothing to unwind.
void ask_where(const LoadedPool& pool, std::size_t worker) {
  static muster_tool::Unwinder unwinder(::getpid());
  try {
    const auto& facts = pool.views().facts.worker(static_cast<std::uint32_t>(worker));
    WorkerStack stack = read_stack(pool, worker, static_cast<pid_t>(facts.pid.load()),
                                   std::chrono::milliseconds(1));
    require(stack.bytes.size() <= kStackBytes, "an answer is no larger than there is room for");
    muster_tool::ThreadCopy thread;
    thread.registers = stack.registers;
    if ((stack.registers[0] & 7) != 0) {
      (*thread.registers)[kProgramCounter] =
          reinterpret_cast<std::uintptr_t>(&load_pool) + stack.registers[kProgramCounter] % 4096;
      (*thread.registers)[kStackPointer] =
          stack.begin + stack.registers[kStackPointer] % kStackBytes;
    }
    thread.stack.push_back({stack.begin, std::move(stack.bytes)});
    const auto frames = unwinder.frames(thread).addresses;
    require(!frames.empty() && frames.size() <= 256, "it is somewhere, and frames have an end");
  } catch (const muster::detail::NoAnswer&) {
    // A worker need not answer.
  }
}

Input part(Input& input) {
  const auto bytes = input.take_bytes(input.take<std::uint16_t>());
  return {bytes.data(), bytes.size()};
}

std::vector<muster::TaskEvent> read_events(EventReader& reader) {
  reader.read();
  std::vector<muster::TaskEvent> events = reader.take();
  require(events.size() <= (kWorkers + 1) * kEvents, "there are as many events as rings can hold");
  return events;
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzz;
  static SmallPool pool;
  static AnsweringWorker worker(pool.views().results.window(0).record().stack);
  Input input(data, size);
  pool.wipe(input.take<std::byte>());
  pool.write_header();
  const FoundPool place = found(pool, input);
  const auto shows = static_cast<Shows>(input.below(kShows));
  const bool has_worker = input.flag();
  worker.raises_by(input.take<std::uint8_t>());
  Input telemetry = part(input);
  Input later = part(input);
  fill(pool.views(), telemetry, FieldsOf::telemetry);
  fill(pool.views(), input, FieldsOf::work);
  if (has_worker) give_worker(pool.views(), worker);

  muster::PoolList list;
  std::vector<muster::detail::MetricValues> counted;
  const muster::detail::PoolLoad load = load_pool(place);
  if (load.pool) {
    require(place.complete(), "a pool has all segments");
    const auto before = take_picture(place, *load.pool);
    EventReader reader(*load.pool);
    const auto first = read_events(reader);
    if (has_worker) ask_where(*load.pool, 0);

    fill(pool.views(), later, FieldsOf::clock);
    fill(pool.views(), later, FieldsOf::telemetry);
    const auto now = take_picture(place, *load.pool);
    require(now.stats.workers.size() == kWorkers, "every worker is told of");
    const auto tasks = list_tasks(load.pool->views());
    counted.push_back(read_metrics(load.pool->views()));
    const auto events = read_events(reader);
    if (shows == Shows::pages) print_pages(before, now, tasks);
    if (shows == Shows::trace) print_trace(first, before);
    if (shows == Shows::trace) print_trace(events, now);
    if (shows == Shows::screens) print_screens(before, now, first);
    if (shows == Shows::browser) print_for_browser(before, now, first);
    list.pools.push_back(now);
  } else if (load.error != muster::detail::LoadError::gone) {
    list.unreadable.push_back(unreadable(place, load.error));
  }
  if (shows == Shows::pages) print_list(list);
  if (shows == Shows::metrics) print_metrics(list, counted);
  return 0;
}
