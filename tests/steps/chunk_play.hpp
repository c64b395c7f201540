#pragma once

// A map whose chunks are watched: each item's outcome is judged by its own entry of the ledger.

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <muster/detail/chunk_codec.hpp>

#include "steps/play.hpp"

namespace steps {

template <class R>
struct ChunkTask {
  R (*run)(std::uint32_t entry);
  // Of an item's end: what is wrong with it. Null: it threw.
  std::function<std::string(std::uint32_t entry, const R* value)> wrong;
};

// What is wrong with the records that were committed of the items from `first` on.
template <class R>
std::string wrong_records(const ChunkTask<R>& task, std::uint32_t first,
                          std::span<const std::byte> records, std::uint32_t items) {
  try {
    muster::Decoder in(records.data(), records.size());
    auto result = muster::detail::decode_chunk<R>(in, items);
    if (result.size() != items) {
      return fmt::format("{} items are committed, {} can be read", items, result.size());
    }
    for (std::uint32_t i = 0; i < items; ++i) {
      std::exception_ptr error;
      const R* value = result.find(i, error);
      if (auto wrong = task.wrong(first + i, value); !wrong.empty()) {
        return fmt::format("committed item {}: {}", i, wrong);
      }
      if (Ledger::at(first + i).ended.load() == 0) {
        return fmt::format("item {} is committed and has not ended", i);
      }
    }
  } catch (const std::exception& error) {
    return fmt::format("what is committed cannot be read: {}", error.what());
  }
  return "";
}

// Once for the whole map: its items in order.
template <class R>
std::string wrong_items(const ChunkTask<R>& task, std::uint32_t first, std::uint32_t items,
                        muster::MapResults<R>& results, bool may_die, unsigned retries,
                        const Fate& fate) {
  std::uint32_t at = 0;
  std::uint32_t deaths = 0;
  std::uint32_t repeated = 0;
  for (auto&& outcome : results.outcomes()) {
    const std::uint32_t entry = first + at++;
    const auto begun = Ledger::at(entry).begun.load();
    if (begun > 1 + retries) return fmt::format("item {} was begun {} times", at - 1, begun);
    if (begun > 1) ++repeated;
    const bool ended = Ledger::at(entry).ended.load() != 0;
    if (outcome.has_value()) {
      if (!ended) return fmt::format("item {} has a value and never ended", at - 1);
      const R value = outcome.value();
      if (auto wrong = task.wrong(entry, &value); !wrong.empty()) return wrong;
      continue;
    }
    if (auto wrong = task.wrong(entry, nullptr); ended && wrong.empty()) continue;
    if (++deaths > 1 || !may_die) return fmt::format("item {} is lost, too", at - 1);
    if (auto wrong = wrong_with_death(outcome.exception(), fate); !wrong.empty()) {
      return fmt::format("item {}: {}", at - 1, wrong);
    }
  }
  if (at != items) return fmt::format("the map gave {} items of {}", at, items);
  if (repeated > 1) return fmt::format("{} items were run again, for one death", repeated);
  return "";
}

// One actor for each chunk; the last one's end() looks at all items, in the results that are
// returned.
template <class R>
std::shared_ptr<muster::MapResults<R>> add_map(Play& play, const std::string& name,
                                               ChunkTask<R> task, std::uint32_t items,
                                               std::uint32_t chunk) {
  const std::uint32_t first = play.take_entries(items);
  std::vector<std::uint32_t> inputs(items);
  std::iota(inputs.begin(), inputs.end(), first);
  muster::MapOptions options;
  options.chunksize = chunk;
  // Muster counts on a limit that is far as on none; who waits for ever is stopped by it.
  options.timeout = kPatience;
  options.task = {.name = name, .retries = play.retries()};
  auto results =
      std::make_shared<muster::MapResults<R>>(play.pool().map(options, task.run, inputs));
  const auto deadly = std::make_shared<Fate>();
  for (std::uint32_t at = 0; at < items; at += chunk) {
    Actor actor;
    actor.name = name;
    actor.entry = first + at;
    actor.items = std::min(chunk, items - at);
    actor.whole = [task, entry = actor.entry, count = actor.items](auto bytes, bool failed) {
      return failed ? "it is an exception" : wrong_records(task, entry, bytes, count);
    };
    actor.committed = [task, entry = actor.entry](auto bytes, std::uint32_t count) {
      return wrong_records(task, entry, bytes, count);
    };
    const bool last = at + chunk >= items;
    actor.end = [=, retries = play.retries()](const Fate& fate) -> std::string {
      if (fate.dies || fate.runs_again) *deadly = fate;
      if (!last) return "";
      return wrong_items(task, first, items, *results, deadly->dies,
                         deadly->runs_again ? retries : 0, *deadly);
    };
    play.actors().push_back(std::move(actor));
  }
  return results;
}

}  // namespace steps
