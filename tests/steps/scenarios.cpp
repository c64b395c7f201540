#include <unistd.h>

#include <memory>

#include "steps/chunk_play.hpp"
#include "steps/scenario.hpp"
#include "steps/tasks.hpp"
#include "support/failure.hpp"

namespace steps {

namespace {

muster::Future<int> add_number(Play& play, const std::string& name, int argument) {
  return play.add<int>(name, &number, argument,
                       [argument](int value) { return wrong_number(argument, value); });
}

void add_bytes(Play& play, const std::string& name, std::uint32_t size) {
  play.add<std::vector<std::uint8_t>>(
      name, &bytes, size,
      [size](const std::vector<std::uint8_t>& value) { return wrong_bytes(size, value); });
}

void two_numbers(Play& play) {
  add_number(play, "first", 3);
  add_number(play, "second", 4);
}

void numbers(Play& play, int count) {
  for (int i = 0; i < count; ++i) add_number(play, "number " + std::to_string(i), i);
}

void cancelled_then_two(Play& play) {
  auto cancelled = play.pool().submit({.name = "cancelled"}, &number, play.take_entries(), 1);
  if (!cancelled.cancel()) throw std::runtime_error("a pending task could not be cancelled");
  two_numbers(play);
}

// A ring full of hints of cancelled tasks takes no more: the client bumps the epoch instead.
void full_ring_then_two(Play& play) {
  constexpr int kCells = 8192;
  const std::uint32_t entry = play.take_entries();
  for (int i = 0; i < kCells; ++i) play.pool().submit(&number, entry, i).cancel();
  two_numbers(play);
}

void with_callback(Play& play) {
  auto first = add_number(play, "first", 3);
  const auto called = std::make_shared<muster::Promise<int>>();
  first.add_done_callback([called](const muster::Future<int>&) { called->set_result(1); });
  // Beside what it ends with: somebody is told.
  play.actors().back().end = [called, end = play.actors().back().end](const Fate& fate) {
    const std::string wrong = end(fate);
    if (!wrong.empty()) return wrong;
    try {
      called->future().result(kPatience);
    } catch (const muster::TimeoutError&) {
      return fmt::format("its callback is not called after {} s", kPatience.count());
    }
    return std::string();
  };
  add_number(play, "second", 4);
}

void exceptions(Play& play) {
  play.add<int>("thrower", &thrower, 5, nullptr);
  add_number(play, "second", 4);
}

const ChunkTask<int> kPlainItems{
    &plain_item, [](std::uint32_t entry, const int* value) -> std::string {
      if (value == nullptr) return "it is lost";
      return *value == plain_value(entry) ? "" : fmt::format("its value is {}", *value);
    }};

const ChunkTask<std::string> kTextItems{
    &text_item, [](std::uint32_t entry, const std::string* value) -> std::string {
      if (value == nullptr) return text_throws(entry) ? "" : "it is lost";
      return *value == text_value(entry) ? "" : fmt::format("its value is \"{}\"", *value);
    }};

// Holds results in the arena until no more fit, but for a block of a few hundred bytes.
void fill_arena(Play& play) {
  const auto hold = [&](std::uint32_t size) {
    const auto failed = play.pool().stats().failed;
    auto future = play.pool().submit(&bytes, play.take_entries(), size);
    while (!future.done()) ::usleep(20);
    if (play.pool().stats().failed != failed) return false;
    play.kept().push_back(std::move(future));
    return true;
  };
  hold(400);
  for (std::uint32_t size = 512 * 1024; size >= 64; size /= 2) {
    while (hold(size)) {
    }
  }
  play.kept().erase(play.kept().begin());
}

// Of a chunk for which there was no memory: each item says so, and none was run twice.
std::string wrong_without_memory(muster::MapResults<int>& results, std::uint32_t first,
                                 std::uint32_t items) {
  std::uint32_t at = 0;
  for (auto&& outcome : results.outcomes()) {
    const std::uint32_t item = at++;
    if (outcome.has_value()) return fmt::format("there was memory for item {}", item);
    const std::string error = test_support::describe(outcome.exception());
    if (!error.starts_with("muster::EncodingError: ")) {
      return fmt::format("item {} ended with {}", item, error);
    }
    const std::uint32_t begun = Ledger::at(first + item).begun.load();
    if (begun > 1) return fmt::format("item {} was begun {} times", item, begun);
  }
  return at == items ? "" : fmt::format("the map gave {} items of {}", at, items);
}

// Some items are committed before the memory is used up, and then the chunk fails as a whole.
void chunk_without_memory(Play& play) {
  constexpr std::uint32_t kItems = 200;
  const auto results = add_map(play, "chunk", kPlainItems, kItems, kItems);
  Actor& actor = play.actors().back();
  actor.whole = [](auto, bool failed) { return failed ? "" : "there was memory for it"; };
  actor.end = [results, first = actor.entry](const Fate&) {
    return wrong_without_memory(*results, first, kItems);
  };
}

std::vector<Scenario> make_scenarios() {
  std::vector<Scenario> all;
  const auto add = [&](std::string name, std::string path, void (*submit)(Play&)) -> Scenario& {
    Scenario& one = all.emplace_back();
    one.name = std::move(name);
    one.path = std::move(path);
    one.submit = submit;
    return one;
  };
  add("two", "wake-claim-run-publish-claim-run-publish-park", &two_numbers);
  add("asleep", "the same, and a client's thread sleeps on the first task's word", &two_numbers)
      .sleeper = true;
  add("late", "the same, and a thread asks to be told right before the first task ends",
      &two_numbers)
      .asked_late = true;
  add("callback", "the same, and the first task's end is told to the pump", &with_callback);
  {
    Scenario& reused =
        add("reused", "the same, the next task is in its slot when the worker tells", &two_numbers);
    reused.sleeper = true;
    reused.next_in_slot = [](Play& play) { add_number(play, "next", 6); };
  }
  add("cancelled", "the same, behind the hint of a cancelled task", &cancelled_then_two);
  {
    Scenario& many =
        add("many", "wake-reserve 16 hints-run them-park", [](Play& play) { numbers(play, 20); });
    many.tiny_before = 4000;
    many.stride = 7;
  }
  {
    Scenario& share = add("share", "wake-reserve a share of the hints, another worker is busy",
                          [](Play& play) { numbers(play, 16); });
    share.other_is_busy = true;
    share.tiny_before = 8000;
    share.stride = 11;
    share.quick = false;
  }
  add("chunk", "wake-claim-run two chunks of a map, item by item-park", [](Play& play) {
    add_map(play, "chunk", kPlainItems, 10, 5);
  }).stride = 31;
  add("arena", "wake-claim-run-publish results in the arena-park", [](Play& play) {
    add_bytes(play, "first", 500);
    add_bytes(play, "second", 700);
  }).stride = 61;
  {
    Scenario& texts = add("texts", "wake-claim-run a chunk of strings and exceptions-park",
                          [](Play& play) { add_map(play, "texts", kTextItems, 7, 7); });
    texts.quick = false;
    texts.stride = 199;
  }
  {
    Scenario& throws = add("throws", "wake-claim-run-publish an exception-park", &exceptions);
    throws.quick = false;
    throws.stride = 199;
  }
  {
    Scenario& last = add("last", "wake-claim-run-publish-leave a result in the arena in order",
                         [](Play& play) { add_bytes(play, "first", 500); });
    last.worker_ends = true;
    last.options.max_tasks_per_child = 2;  // one to warm up
    last.quick = false;
  }
  {
    Scenario& killed = add("killed", "wake-claim-run-find that it is to be killed", &two_numbers);
    killed.kill_asked = true;
    killed.killable = false;
    killed.options.kill_grace = std::chrono::minutes(10);
  }
  {
    Scenario& sweep = add("sweep", "wake-sweep all slots-run", &full_ring_then_two);
    sweep.by_sweep = true;
    sweep.quick = false;
    sweep.limit = 40'000;
    sweep.stride = 199;
  }
  {
    Scenario& full = add("full", "wake-claim-run a chunk until memory is used up-publish-park",
                         &chunk_without_memory);
    full.before = &fill_arena;
    full.segment_limit = 1 << 20;
    full.quick = false;
    full.killable = false;
  }
  {
    Scenario& birth = add("birth", "be born-sweep all slots-claim-run-publish-park", &two_numbers);
    birth.birth = true;
    birth.quick = false;
    birth.stride = 97;
  }
  return all;
}

}  // namespace

const std::vector<Scenario>& all_scenarios() {
  static const std::vector<Scenario> all = make_scenarios();
  return all;
}

void run_tiny_tasks(muster::ProcessPoolExecutor& pool, unsigned count) {
  std::vector<muster::Future<void>> futures;
  futures.reserve(count);
  for (unsigned i = 0; i < count; ++i) futures.push_back(pool.submit([] {}));
  for (auto& future : futures) future.result();
}

}  // namespace steps
