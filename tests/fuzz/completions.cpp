// All that the client reads of what workers and supervisor write: slot words, result parts, arenas,
// chunks, records, death records, messages. The input is a play: tasks are submitted, anything is
// written, the client's own code looks. Whatever it is, the client goes on, and when the supervisor
// is gone every future has ended.

#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include <muster/detail/map_travel.hpp>
#include <muster/detail/submit_path.hpp>
#include <muster/muster.hpp>

#include "fuzz/core_probe.hpp"
#include "fuzz/require.hpp"
#include "lib/client/place.hpp"

namespace fuzz {
namespace {

using namespace muster::detail;

struct Parcel {
  std::string label;
  std::vector<std::optional<std::string>> lines;
  std::map<std::string, std::vector<std::uint16_t>> index;
  std::variant<int, std::string, std::vector<bool>> rest;
};

int add(int a, int b) { return a + b; }
bool is_odd(int n) { return n % 2 != 0; }
void nothing() {}
std::string text(const std::string& given) { return given; }
std::vector<std::uint64_t> numbers(std::uint32_t n) { return std::vector<std::uint64_t>(n); }
Parcel parcel(const Parcel& given) { return given; }
int one(int n) { return n; }
std::string line(int n) { return std::to_string(n); }
void touch(int) {}

// A future, whatever its type.
class Asked {
 public:
  template <class R>
  explicit Asked(muster::Future<R> future)
      : state_(FutureAccess::state(future)),
        look_([future](muster::Duration limit) {
          if constexpr (std::is_void_v<R>) {
            future.result(limit);
          } else {
            static_cast<void>(future.result(limit));
          }
        }),
        cancel_([future](muster::CancelMode mode) mutable { return future.cancel(mode); }) {}

  bool done() const { return state_->poll_done(); }
  bool running() const { return state_->running(); }
  bool cancel(muster::CancelMode mode) { return cancel_(mode); }
  void stop() { state_->request_stop(); }
  // Is told of its end, if that comes at once.
  void watch() {
    StateBase* const one[] = {state_};
    wait_for(one,
             {.timeout = muster::Duration(), .return_when = muster::ReturnWhen::first_completed});
  }
  // What it came to: a value, an error, or not yet.
  void look() {
    try {
      look_(muster::Duration());
    } catch (const std::exception&) {
      // A task's error can be any of them.
    }
  }
  std::optional<std::uint32_t> slot() const {
    const Place place(state_->task());
    if (state_->done() || !place.has_slot()) return std::nullopt;
    return place.slot();
  }

 private:
  StateBase* state_;
  std::function<void(muster::Duration)> look_;
  std::function<bool(muster::CancelMode)> cancel_;
};

class Play {
 public:
  explicit Play(Input input)
      : input_(input), flags_(input_.take<std::uint8_t>()), probe_(options(), room()) {}

  void run() {
    for (int steps = 0; steps < kMostSteps && !input_.empty(); ++steps) step();
    probe_.end();
    require(probe_.broken() || closed_, "an open pool whose supervisor is gone is broken");
    require(probe_.unfinished() == 0, "a pool without a supervisor has no task left");
    for (Asked& each : asked_) {
      require(each.done(), "every future has ended when the supervisor is gone");
      each.look();
    }
  }

 private:
  static constexpr int kMostSteps = 200;
  static constexpr std::size_t kMostAsked = 100;
  static constexpr std::uint8_t kWriteTelemetry = 252;

  muster::ProcessPoolOptions options() const {
    muster::ProcessPoolOptions options;
    options.name = "fuzz";
    options.max_workers = kWorkers;
    options.on_worker_death =
        (flags_ & 1) != 0 ? muster::OnWorkerDeath::replace : muster::OnWorkerDeath::break_pool;
    options.checksum_results = (flags_ & 2) != 0;
    if (bounded()) options.max_pending = CoreProbe::kFewSlots + 4;
    return options;
  }
  CoreProbe::Room room() const {
    return {.few_slots = (flags_ & 4) != 0, .few_arguments = (flags_ & 8) != 0};
  }
  // No more than so many tasks at a time: one more is refused, as nobody is there to wait for.
  bool bounded() const { return (flags_ & 16) != 0; }

  void step() {
    const auto choice = input_.take<std::uint8_t>();
    // Not the next number: what stands in the corpus means what it did.
    if (choice >= kWriteTelemetry) return write_telemetry();
    switch (choice % 18) {
      case 0:
      case 1: submit(); break;
      case 2: submit_chunk(); break;
      case 3:
      case 4: write_word(); break;
      case 5: write_short_result(); break;
      case 6: write_long_result(); break;
      case 7: write_chunk_note(); break;
      case 8: write_completion(); break;
      case 9: write_death(); break;
      case 10: write_anywhere(); break;
      case 11: send(); break;
      case 12: probe_.say_bytes(input_.take_bytes(input_.take<std::uint8_t>())); break;
      case 13: ask(); break;
      case 14: probe_.pump_once(); break;
      case 15: probe_.audit(); break;
      case 16: write_record(); break;
      case 17: rare(); break;
    }
  }

  muster::TaskOptions task_options() {
    muster::TaskOptions options;
    const auto flags = input_.take<std::uint8_t>();
    if ((flags & 1) != 0) options.retries = 1 + (flags >> 6);
    if ((flags & 2) != 0) options.task_timeout = std::chrono::hours(1);
    if ((flags & 4) != 0) options.task_timeout = std::chrono::nanoseconds(1);
    if ((flags & 8) != 0) options.name = "named";
    return options;
  }

  template <class F, class... Args>
  void submit(const muster::TaskOptions* options, F&& fn, Args&&... args) {
    auto future = TravelPath::submit({.threads = nullptr, .travel = &probe_.backend()}, options,
                                     !bounded(), std::forward<F>(fn), std::forward<Args>(args)...);
    require(future.has_value() || bounded(), "a pool without a bound refuses no task");
    if (future) asked_.emplace_back(std::move(*future));
  }

  // Most often of a few bytes; of many pages, too.
  std::size_t text_size() {
    const std::size_t size = input_.take<std::uint8_t>();
    return size < 240 ? size : (size - 239) * kPage;
  }

  void submit() {
    if (asked_.size() == kMostAsked) return;
    const bool plain = !bounded() && input_.peek() == 0;
    const muster::TaskOptions given = task_options();
    const muster::TaskOptions* const options = plain ? nullptr : &given;
    try {
      switch (input_.below(6)) {
        case 0: return submit(options, &add, 1, 2);
        case 1: return submit(options, &is_odd, 3);
        case 2: return submit(options, &nothing);
        case 3: return submit(options, &text, std::string(text_size(), 'x'));
        case 4: return submit(options, &numbers, 7U);
        case 5: return submit(options, &parcel, Parcel{});
      }
    } catch (const muster::Error&) {
      require(!probe_open(), "an open pool takes tasks");
    }
  }

  template <class R>
  void submit_items(R (*fn)(int)) {
    std::vector<std::tuple<int>> items(1 + input_.below(8));
    const auto borrowed =
        std::shared_ptr<TravelBackend>(std::shared_ptr<void>(), &probe_.backend());
    TravelTarget<R (*)(int), std::tuple<int>> target(borrowed, task_options(), fn);
    muster::Future<ChunkResult<R>> future;
    target.submit(items, 0, future);
    asked_.emplace_back(std::move(future));
  }

  void submit_chunk() {
    if (asked_.size() == kMostAsked || bounded()) return;
    try {
      switch (input_.below(3)) {
        case 0: return submit_items(&one);
        case 1: return submit_items(&line);
        case 2: return submit_items(&touch);
      }
    } catch (const muster::Error&) {
      require(!probe_open(), "an open pool takes tasks");
    }
  }

  bool probe_open() const { return !probe_.broken() && !closed_; }

  // A slot, most often one with a task in it.
  std::uint32_t slot() {
    const auto choice = input_.take<std::uint8_t>();
    if (choice < asked_.size()) {
      if (const auto place = asked_[choice].slot()) return *place;
    }
    return choice % probe_.geometry().slots;
  }
  // Its task's tag, most often.
  TaskTag tag(std::uint32_t slot) {
    const auto known = probe_.tag(slot);
    if (known && !(input_.below(16) == 0)) return *known;
    return TaskTag(input_.take<std::uint64_t>());
  }
  std::uint32_t worker() { return input_.below(kWorkers); }
  SlotLine& line_of(std::uint32_t slot) { return probe_.views().control.slot_lines()[slot]; }

  void write_word() {
    const std::uint32_t at = slot();
    const auto status = static_cast<SlotStatus>(input_.take<std::uint8_t>() & 15);
    const auto byte = input_.take<std::uint8_t>();
    const std::uint32_t owner = byte < 240 ? byte % kWorkers : input_.take<std::uint16_t>();
    line_of(at).word.store(SlotWord(status, owner, tag(at)).bits());
  }

  void write_short_result() {
    ResultPart& part = line_of(slot()).result;
    part.inline_size = input_.below(kInlineResult + 4);
    const auto bytes = input_.take_bytes(std::min<std::size_t>(part.inline_size, kInlineResult));
    std::memcpy(part.bytes, bytes.data(), bytes.size());
    if (input_.flag()) part.checksum = input_.take<std::uint32_t>();
  }

  // Where something lies in an arena, most often near what is there.
  std::uint64_t offset() {
    const auto near = input_.take<std::uint16_t>();
    return near != 0xffff ? near : input_.take<std::uint64_t>();
  }
  std::uint64_t length() {
    const auto choice = input_.take<std::uint8_t>();
    return choice < 224 ? choice : input_.take<std::uint64_t>();
  }

  void write_arena(std::uint32_t worker, std::uint64_t at) {
    const auto bytes = input_.take_bytes(input_.take<std::uint8_t>());
    const std::uint64_t capacity = probe_.geometry().arena_bytes;
    if (at > capacity || bytes.size() > capacity - at) return;
    if (bytes.empty()) return;
    std::memcpy(probe_.views().results.window(worker).arena() + at, bytes.data(), bytes.size());
  }

  void write_long_result() {
    ResultPart& part = line_of(slot()).result;
    part.inline_size = ResultPart::kInArena;
    part.where.offset = offset();
    part.where.size = length();
    part.where.ran_ticks = input_.take<std::uint16_t>();
    write_arena(worker(), part.where.offset);
  }

  void write_chunk_note() {
    const std::uint32_t w = worker();
    WorkerRecord& record = probe_.views().results.window(w).record();
    const std::uint64_t at = offset();
    record.chunk_region.store(ChunkRegion::pack(at, length() * 64));
    record.chunk_items.store(input_.take<std::uint8_t>());
    write_arena(w, at);
  }

  void write_completion() {
    WorkerRecord& record = probe_.views().results.window(worker()).record();
    const std::uint64_t count = record.completed.load();
    record.completions[count % kCompletions].store(input_.flag() ? slot()
                                                                 : input_.take<std::uint32_t>());
    record.completed.store(input_.below(8) != 0 ? count + 1 : input_.take<std::uint64_t>());
  }

  // The next one, or another, of which the client is told or not.
  void write_death() {
    Facts& facts = probe_.views().facts.facts();
    const std::uint64_t number = facts.deaths.load() + 1;
    facts.deaths.store(number);
    DeathRecord& death = facts.death[(number - 1) % kDeaths];
    const std::uint32_t at = slot();
    const std::uint32_t w = worker();
    const auto flags = input_.take<std::uint8_t>();
    death.worker = (flags & 1) != 0 ? input_.take<std::uint32_t>() : w;
    death.pid = 4711;
    death.task = (flags & 2) != 0 ? Hint(at, tag(at)).bits() + 1 : input_.take<std::uint16_t>();
    death.task_was_killing = (flags & 4) != 0 ? 1 : 0;
    death.term_signal = (flags & 8) != 0 ? input_.take<std::int8_t>() : 9;
    death.exit_code = -1;
    death.requeued = flags >> 6;
    death.out_of_memory = flags >> 7;
    death.core_dumped = flags >> 6 & 1;
    const WorkerRecord& record = probe_.views().results.window(w).record();
    death.chunk_region = record.chunk_region.load();
    death.chunk_items = record.chunk_items.load();
    if ((flags & 16) != 0) {
      death.ran_for_ticks = input_.take<std::uint64_t>();
      death.crash.signal.store(input_.take<std::uint8_t>());
      death.crash.code = (flags & 32) != 0 ? 1 : 0;
      death.crash.sender = death.crash.code == 0 ? w : 0;
      death.crash.address = input_.take<std::uint64_t>();
      death.crash.frames = input_.take<std::uint32_t>();
      death.crash.frame[0] = input_.take<std::uint64_t>();
    }
    // Any number, without bytes of its own: what stands in the corpus means what it did.
    death.max_rss_bytes = death.crash.address;
    death.number.store((flags & 32) != 0 ? input_.take<std::uint64_t>() : number);
    Message message;
    message.kind = MessageKind::death;
    message.worker = w;
    message.number = number;
    probe_.say(message, false);
  }

  void write_record() {
    WorkerRecord& record = probe_.views().results.window(worker()).record();
    const auto value = input_.take<std::uint64_t>();
    switch (input_.below(8)) {
      case 0: record.arena_floor.store(value); break;
      case 1: record.returned.store(value); break;
      case 2: record.current.store(value); break;
      case 3: record.started_ticks.store(value); break;
      case 4: record.average_ticks.store(value); break;
      case 5: record.chunk_items.store(static_cast<std::uint32_t>(value)); break;
      case 6: record.phase.store(static_cast<WorkerPhase>(value)); break;
      case 7: {
        const std::uint32_t at = slot();
        record.current.store(Hint(at, tag(at)).bits() + 1);
      }
    }
  }

  // What the client reads of what a worker tells, and pool.stats().
  void write_telemetry() {
    const TelemetryView telemetry = probe_.views().results.window(worker()).telemetry();
    WorkerTelemetry& head = telemetry.head();
    const auto name = input_.take<std::uint8_t>();
    const auto value = input_.take<std::uint64_t>();
    NameTelemetry& of_name = head.names[name];
    FailureTelemetry& failure = head.failure_texts[name % kFailures];
    switch (input_.below(8)) {
      case 0: of_name.recent_ticks.store(value); break;
      case 1: of_name.done.store(value); break;
      case 2: of_name.timed.store(value); break;
      case 3: of_name.run_time.word.store(value); break;
      case 4: head.queue_time.word.store(value); break;
      case 5: {
        const auto bucket = value % HistogramBuckets::kCount;
        telemetry.run_time(name).counts[bucket].store(value);
        of_name.run_time.widen(bucket);
        break;
      }
      case 6: head.failures.store(value); break;
      case 7:
        failure.count.store(value);
        failure.name = name;
        std::memset(failure.text, name, FailureTelemetry::kText);
        break;
    }
  }

  // Whatever a worker or the supervisor may write, wherever that is.
  void write_anywhere() {
    const Views& views = probe_.views();
    const std::uint32_t w = worker();
    const std::span<std::byte> places[] = {
        {views.control.base, probe_.geometry().control_bytes()},
        {views.results.window(w).base, sizeof(WorkerRecord)},
        {views.facts.base, kWorkerFactsAt + kWorkers * sizeof(WorkerFacts)}};
    const auto place = places[input_.below(std::size(places))];
    const std::size_t at = input_.take<std::uint32_t>() % place.size();
    const auto bytes = input_.take_bytes(input_.below(64));
    const std::size_t fits = std::min(bytes.size(), place.size() - at);
    std::copy_n(bytes.begin(), fits, reinterpret_cast<std::uint8_t*>(place.data()) + at);
  }

  void send() {
    Message message;
    message.kind = static_cast<MessageKind>(input_.below(10));
    message.cause = static_cast<muster::detail::BreakCause>(input_.below(7));
    const auto byte = input_.take<std::uint8_t>();
    message.worker = byte < 240 ? byte % kWorkers : input_.take<std::uint32_t>();
    message.number = input_.flag() ? input_.take<std::uint8_t>() : input_.take<std::uint64_t>();
    message.code = input_.take<std::int8_t>();
    message.set_text(input_.take_text(input_.below(32)).c_str());
    probe_.say(message, input_.flag());
  }

  void ask() {
    const auto choice = input_.take<std::uint8_t>();
    if (asked_.empty()) return;
    Asked& asked = asked_[choice % asked_.size()];
    switch (input_.below(7)) {
      case 0:
      case 1: asked.done(); break;
      case 2: asked.look(); break;
      case 3: asked.running(); break;
      case 4: asked.stop(); break;
      case 5: asked.cancel(muster::CancelMode::pending); break;
      case 6: asked.cancel(muster::CancelMode::kill); break;
    }
  }

  void rare() {
    switch (input_.below(5)) {
      case 0:
        closed_ = true;
        probe_.close(input_.flag());
        break;
      case 1: probe_.stats(); break;
      case 2:  // nobody wants it any more
        if (!asked_.empty()) {
          asked_.erase(asked_.begin() +
                       static_cast<std::ptrdiff_t>(input_.take<std::uint8_t>() % asked_.size()));
        }
        break;
      case 3: probe_.views().control.header().ends.head.store(input_.take<std::uint64_t>()); break;
      case 4: {
        const auto choice = input_.take<std::uint8_t>();
        if (!asked_.empty()) asked_[choice % asked_.size()].watch();
        break;
      }
    }
  }

  Input input_;
  std::uint8_t flags_;
  CoreProbe probe_;
  std::vector<Asked> asked_;
  bool closed_ = false;
};

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A pool that is given up says so.
  static const bool quiet =
      (muster::set_log_handler([](muster::LogLevel, std::string_view) {}), true);
  static_cast<void>(quiet);
  fuzz::Play(fuzz::Input(data, size)).run();
  return 0;
}
