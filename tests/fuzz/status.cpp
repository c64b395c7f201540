// The status tool, from a pool's memory to what it prints: four sealed files whose header is right
// and whose other bytes are anything, called by any name. Every page and every document can be
// written, and what goes to a terminal is text.

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "fuzz/require.hpp"
#include "fuzz/small_pool.hpp"
#include "lib/inspect/event_reader.hpp"
#include "lib/inspect/picture.hpp"
#include "lib/inspect/task_list.hpp"
#include "tools/muster/findings.hpp"
#include "tools/muster/list_page.hpp"
#include "tools/muster/metric_families.hpp"
#include "tools/muster/notes.hpp"
#include "tools/muster/show_page.hpp"
#include "tools/muster/task_choice.hpp"
#include "tools/muster/text.hpp"
#include "tools/muster/trace_text.hpp"

namespace fuzz {
namespace {

using namespace muster::detail;

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

bool is_text(const std::string& page) {
  std::string rest = page;
  std::erase(rest, '\n');
  return muster_tool::printable(rest) == rest;
}

bool is_document(const std::string& text) {
  return !nlohmann::json::parse(text, nullptr, false).is_discarded();
}

// `before` and `now`: looks at one pool.
void print_pool(const muster::PoolInfo& before, const muster::PoolInfo& now) {
  using namespace std::chrono_literals;
  const muster_tool::Rates rates(before, now);
  require(is_text(muster_tool::show_page(now, rates, 10min)), "a pool's page is text");
  require(is_document(muster_tool::document("pool", muster_tool::show_json(now, rates, 10min))),
          "a pool's document is JSON");
  for (const std::string& finding :
       muster_tool::findings(now, muster_tool::measure(now, {}, {}), {})) {
    require(is_text(finding), "a finding is text");
  }
}

void print_list(const muster::PoolList& list) {
  require(is_text(muster_tool::list_page(list, list)), "a list is text");
  const auto document = muster_tool::list_document(list, list, muster_tool::Layout::page);
  const auto json = nlohmann::json::parse(document, nullptr, false);
  require(!json.is_discarded(), "a list is a JSON document");
  require(json["pools"].size() == list.pools.size(), "a list has every pool");
  for (const muster::UnreadablePool& pool : list.unreadable) {
    require(is_text(muster_tool::describe(pool)), "what is said of a pool that is skipped is text");
  }
}

void print_metrics(const muster_tool::Measurement& seen) {
  const auto families = muster_tool::metric_families(seen);
  require(is_text(metric_text(families, muster_tool::MetricFormat::prometheus)),
          "metrics are text");
}

void print_events(const LoadedPool& pool, const muster::PoolInfo& info) {
  EventReader reader(pool);
  reader.read();
  constexpr muster_tool::TraceTime kEnd = 1'000'000'000'000;
  const auto trace = muster_tool::make_trace(reader.take(), info, {0, kEnd});
  require(is_document(trace_text(trace, info, 0)), "a trace is JSON");
  std::map<std::size_t, muster_tool::TraceTime> free;
  for (const muster_tool::TraceSlice& slice : trace.slices) {
    require(slice.begin >= free[slice.worker] && slice.end > slice.begin,
            "the tasks of a worker do not overlap");
    free[slice.worker] = slice.end;
  }
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzz;
  static SmallPool pool;
  Input input(data, size);
  pool.wipe(input.take<std::byte>());
  pool.write_header();
  const FoundPool place = found(pool, input);
  fill(pool.views(), input);
  muster::PoolList list;
  muster_tool::Measurement seen;
  const PoolLoad load = load_pool(place);
  if (load.pool) {
    require(place.complete(), "a pool has all segments");
    list.pools.push_back(take_picture(place, *load.pool));
    const muster::PoolInfo& info = list.pools.back();
    require(info.stats.workers.size() == kWorkers, "every worker is told of");
    print_pool(info, take_picture(place, *load.pool));
    const auto tasks = muster_tool::choose_tasks(list_tasks(load.pool->views()), {}, kSlots);
    require(tasks.more == 0, "a task has a slot");
    print_events(*load.pool, info);
    seen.pools.push_back({info, read_metrics(load.pool->views())});
  } else if (load.error != LoadError::gone) {
    list.unreadable.push_back(unreadable(place, load.error));
  }
  print_list(list);
  seen.unseen.unreadable = list.unreadable;
  print_metrics(seen);
  return 0;
}
