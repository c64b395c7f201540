// The status tool, from a pool's memory to what it prints: four sealed files whose header is right
// and whose other bytes are anything, called by any name. Every page and every document can be
// written, and what goes to a terminal is text.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "fuzz/require.hpp"
#include "fuzz/small_pool.hpp"
#include "lib/inspect/survey.hpp"
#include "tools/muster/choice.hpp"
#include "tools/muster/json.hpp"
#include "tools/muster/notes.hpp"
#include "tools/muster/page.hpp"
#include "tools/muster/text.hpp"

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
  found.holders = {::getpid()};
  found.name = input.take_text(input.below(24));
  return found;
}

bool is_text(const std::string& page) {
  std::string rest = page;
  std::erase(rest, '\n');
  return muster_tool::printable(rest) == rest;
}

void print_all(const Survey& survey, const std::string& words) {
  require(is_text(muster_tool::list_page(survey)), "a list is text");
  const auto document = muster_tool::list_document(survey);
  const auto json = nlohmann::json::parse(document, nullptr, false);
  require(!json.is_discarded(), "a list is a JSON document");
  require(json["pools"].size() == survey.pools.size(), "a list has every pool");
  for (const PoolPicture& pool : survey.pools) {
    require(is_text(muster_tool::pool_page(pool)), "a pool's page is text");
    const auto one = nlohmann::json::parse(muster_tool::pool_document(pool), nullptr, false);
    require(!one.is_discarded(), "a pool's document is JSON");
  }
  for (const SkippedPool& pool : survey.skipped) {
    require(is_text(muster_tool::describe(pool)), "what is said of a pool that is skipped is text");
  }
  const muster_tool::Choice choice = muster_tool::choose_pool(survey, words);
  require((choice.pool == nullptr) == !choice.sentence.empty(),
          "a pool is chosen, or a sentence says why there is none");
  require(is_text(choice.sentence), "the sentence is text");
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
  const std::string words = input.take_text(input.below(24));
  fill(pool.views(), input);
  Survey survey;
  const PoolLoad load = load_pool(place);
  if (load.pool) {
    require(place.complete(), "a pool has all segments");
    survey.pools.push_back(take_picture(place, *load.pool));
    require(survey.pools.back().stats.workers.size() == kWorkers, "every worker is told of");
  } else {
    SkippedPool& skipped = survey.skipped.emplace_back();
    skipped.name = place.name;
    skipped.error = load.error;
    skipped.holders = {*read_process(::getpid())};
  }
  print_all(survey, words);
  return 0;
}
