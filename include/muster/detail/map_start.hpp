#pragma once

#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

#include <muster/detail/map_input.hpp>
#include <muster/detail/map_journal.hpp>
#include <muster/detail/map_run.hpp>
#include <muster/detail/map_threads.hpp>
#include <muster/detail/map_travel.hpp>
#include <muster/detail/submit_path.hpp>
#include <muster/map.hpp>

// From the arguments of map to a MapRun: which target the chunks go to is the path's choice.
namespace muster::detail {

// How a path maps an F over items of type Item.
template <class Path, class F, class Item>
struct MapTarget;

template <class F, class Item>
struct MapTarget<ThreadPath, F, Item> {
  using Result = typename ThreadTarget<F, Item>::Result;

  template <class Use>
  static auto make(const Backends& backends, const TaskOptions& options, auto&& fn, Use&& use) {
    if (backends.threads == nullptr) throw_moved_from();
    return use(
        ThreadTarget<F, Item>(backends.threads->share(), options, std::forward<decltype(fn)>(fn)));
  }
};

template <class F, class Item>
struct MapTarget<TravelPath, F, Item> {
  using Result = typename TravelTarget<F, Item>::Result;

  template <class Use>
  static auto make(const Backends& backends, const TaskOptions& options, auto&& fn, Use&& use) {
    if (backends.travel == nullptr) throw_moved_from();
    return use(
        TravelTarget<F, Item>(backends.travel->share(), options, std::forward<decltype(fn)>(fn)));
  }
};

template <class F, class Item>
struct MapTarget<AnyPath, F, Item> {
  using Result = typename TravelTarget<F, Item>::Result;
  static_assert(std::is_same_v<Result, typename ThreadTarget<F, Item>::Result>,
                "muster: this callable gives another type when its arguments are converted to its "
                "parameters first; map it on the pool itself and not through Executor");

  template <class Use>
  static auto make(const Backends& backends, const TaskOptions& options, auto&& fn, Use&& use) {
    if (backends.threads != nullptr) {
      return MapTarget<ThreadPath, F, Item>::make(backends, options, std::forward<decltype(fn)>(fn),
                                                  use);
    }
    return MapTarget<TravelPath, F, Item>::make(backends, options, std::forward<decltype(fn)>(fn),
                                                use);
  }
};

// How the items of such a map have keys in a journal. Through Executor they are the same whatever
// pool is behind it.
template <class Path, class F, class R, class Item>
struct KeysOfPath {
  using type = TravelKeys<F, Item>;
};
template <class F, class R, class Item>
struct KeysOfPath<ThreadPath, F, R, Item> {
  using type = ThreadKeys<F, R, Item>;
};

template <class Path, MapOrder kOrder, class F, class... Rs>
auto start_map(const Backends& backends, const MapOptions& options, F&& fn, Rs&&... inputs) {
  const Deadline until = options.timeout ? Deadline::after(*options.timeout) : Deadline::never();
  using Input = MapInputFor<Rs...>;
  using Target = MapTarget<Path, std::decay_t<F>, typename Input::Item>;
  using R = typename Target::Result;
  using Keys = typename KeysOfPath<Path, std::decay_t<F>, R, typename Input::Item>::type;
  OpenJournal journal;
  if (!options.journal.empty()) {
    if constexpr (Keys::kPossible)
      journal = open_journal<std::decay_t<F>, R>(options.journal, fn);
    else
      throw_no_journal(typeid(std::decay_t<F>));
  }
  const auto make_feed = [&](auto target) -> std::unique_ptr<MapFeed<R>> {
    if constexpr (Keys::kPossible) {
      if (journal.log != nullptr) {
        return std::make_unique<JournaledFeed<R, Input, decltype(target), Keys>>(
            std::move(target), std::move(journal), std::views::all(std::forward<Rs>(inputs))...);
      }
    }
    return std::make_unique<RangeFeed<R, Input, decltype(target)>>(
        std::move(target), std::views::all(std::forward<Rs>(inputs))...);
  };
  auto run = std::make_unique<MapRun<R, kOrder>>(
      Target::make(backends, options.task, std::forward<F>(fn), make_feed), options, until);
  run->fill();
  if constexpr (kOrder == MapOrder::inputs)
    return MapResults<R>(std::move(run));
  else
    return UnorderedMapResults<R>(std::move(run));
}

}  // namespace muster::detail
