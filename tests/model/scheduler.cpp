#include "tests/model/scheduler.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include <boost/context/detail/fcontext.hpp>

namespace muster::model {

namespace context = boost::context::detail;

namespace {

constexpr std::size_t kStack = 64 * 1024;
Scheduler* the_scheduler = nullptr;

// Finalizer of splitmix64 (Steele, Lea, Flood, 2014).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}
std::uint64_t mix(std::uint64_t a, std::uint64_t b) { return mix(mix(a) ^ b); }

}  // namespace

Hash& Hash::add(std::uint64_t value) {
  value_ = mix(value_, value);
  return *this;
}

// A stack is left as it is when its actor dies or its run is over, without unwinding: what a killed
// process does. Bodies own nothing on the heap that would be lost by it.
struct Scheduler::Actor {
  Actor() {
    stack = ::mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED) throw std::bad_alloc();
  }
  ~Actor() { ::munmap(stack, kStack); }
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;

  void* stack = nullptr;
  context::fcontext_t context = nullptr;  // where it was left
  std::string name;
  std::function<void()> body;
  State state = State::ended;
  bool may_crash = false;
  const void* waits_on = nullptr;
  std::vector<StoreEntry> stores;
  std::size_t executed = 0;   // of them, from the oldest on: what came after was executed, too
  std::uint64_t history = 0;  // of all that it has seen
};

Scheduler::Scheduler() { the_scheduler = this; }
Scheduler::~Scheduler() { the_scheduler = nullptr; }
Scheduler& Scheduler::instance() { return *the_scheduler; }

Outcome Scheduler::explore(const MakeProgram& make, const Bounds& bounds,
                           std::uint64_t sample_every) {
  Outcome outcome;
  path_.clear();
  crashes_ = 0;
  tracing_ = false;
  seen_.clear();
  do {
    run_once(make, bounds);
    ++outcome.executions;
    if (!pruned_) ++outcome.whole;
    outcome.steps += steps_;
    outcome.longest = std::max(outcome.longest, steps_);
    if (sample_every != 0 && outcome.executions % sample_every == 0) {
      outcome.samples.push_back(seed());
    }
    if (!failure_.empty()) {
      outcome.seed = seed();
      // Once more, with the names of what they touch and sleep on.
      Outcome traced = replay(make, bounds, outcome.seed);
      outcome.failure = std::move(traced.failure);
      outcome.trace = std::move(traced.trace);
      return outcome;
    }
    if (outcome.executions == bounds.executions || seen_.size() >= bounds.states) break;
  } while (next_path());
  outcome.complete = path_.empty();
  outcome.crashes = crashes_;
  outcome.states = seen_.size();
  return outcome;
}

Outcome Scheduler::replay(const MakeProgram& make, const Bounds& bounds, const std::string& seed) {
  path_.clear();
  std::istringstream in(seed);
  for (std::string item; std::getline(in, item, ',');) {
    path_.push_back({static_cast<std::uint32_t>(std::stoul(item)), UINT32_MAX});
  }
  tracing_ = recording_ = true;
  run_once(make, bounds);
  tracing_ = recording_ = false;
  Outcome outcome;
  outcome.executions = 1;
  outcome.steps = outcome.longest = steps_;
  outcome.failure = failure_;
  outcome.seed = seed;
  outcome.trace = std::move(trace_);
  outcome.events = std::move(events_);
  return outcome;
}

Outcome Scheduler::sample(const MakeProgram& make, const Bounds& bounds,
                          std::uint64_t random_seed) {
  path_.clear();
  random_.emplace(random_seed);
  recording_ = true;
  run_once(make, bounds);
  recording_ = false;
  random_.reset();
  Outcome outcome;
  outcome.executions = 1;
  outcome.steps = outcome.longest = steps_;
  outcome.failure = failure_;
  outcome.seed = seed();
  outcome.events = std::move(events_);
  return outcome;
}

void Scheduler::run_once(const MakeProgram& make, const Bounds& bounds) {
  position_ = 0;
  steps_ = 0;
  count_ = 0;
  failure_.clear();
  trace_.clear();
  events_.clear();
  names_.clear();
  pruned_ = false;
  stores_sink_ = false;
  words_ = 0;
  memory_ = 0;
  bounds_ = left_ = bounds;
  next_ = kAnyone;
  const std::unique_ptr<Program> program = make();
  program_ = program.get();
  try {
    program->start(*this);
    while (failure_.empty() && !pruned_) {
      std::vector<std::size_t> ready;
      bool waiting = false;
      for (std::size_t i = 0; i < count_; ++i) {
        if (actors_[i]->state == State::ready) ready.push_back(i);
        waiting = waiting || actors_[i]->state == State::blocked;
      }
      if (ready.empty()) {
        if (waiting) {
          std::string who;
          for (std::size_t i = 0; i < count_; ++i) {
            if (actors_[i]->state == State::blocked) {
              who += " " + actors_[i]->name + " on " + name_of(actors_[i]->waits_on);
            }
          }
          throw ModelFailure("all sleep:" + who);
        }
        program->check();
        break;
      }
      if (next_ == kAnyone) next_ = ready[choose(static_cast<std::uint32_t>(ready.size()))];
      switch_to(std::exchange(next_, kAnyone));
    }
  } catch (const ModelFailure& e) {
    if (failure_.empty()) failure_ = e.what();
  }
  // Choices of this path that were not come to belong to another program.
  path_.resize(std::min(position_, path_.size()));
  program_ = nullptr;
}

std::uint32_t Scheduler::choose(std::uint32_t options) {
  if (options == 1) return 0;
  if (position_ == path_.size()) path_.push_back({random_ ? random_choice(options) : 0, options});
  Choice& choice = path_[position_++];
  if (choice.options == UINT32_MAX) choice.options = options;  // of a seed
  if (choice.options != options || choice.chosen >= options) {
    throw ModelFailure("the program did not come to the same choices again");
  }
  return choice.chosen;
}

// Going on as it is, most of the time: the bounds on preemptions are to last for the whole run.
std::uint32_t Scheduler::random_choice(std::uint32_t options) {
  constexpr std::uint64_t kSeldom = 12;
  if ((*random_)() % kSeldom != 0) return 0;
  return static_cast<std::uint32_t>((*random_)() % options);
}

bool Scheduler::next_path() {
  while (!path_.empty() && path_.back().chosen + 1 == path_.back().options) path_.pop_back();
  if (path_.empty()) return false;
  ++path_.back().chosen;
  return true;
}

std::string Scheduler::seed() const {
  std::string text;
  for (const Choice& choice : path_) {
    if (!text.empty()) text += ',';
    text += std::to_string(choice.chosen);
  }
  return text;
}

Scheduler::Actor& Scheduler::actor_for(std::size_t index) {
  while (actors_.size() <= index) actors_.push_back(std::make_unique<Actor>());
  return *actors_[index];
}

std::size_t Scheduler::add_actor(std::string name, std::function<void()> body, bool may_crash) {
  const std::size_t index = count_++;
  Actor& actor = actor_for(index);
  actor.name = std::move(name);
  actor.body = std::move(body);
  actor.state = State::ready;
  actor.may_crash = may_crash;
  actor.waits_on = nullptr;
  actor.stores.clear();
  actor.executed = 0;
  actor.history = index;
  actor.context = context::make_fcontext(static_cast<std::byte*>(actor.stack) + kStack, kStack,
                                         [](context::transfer_t from) {
                                           Scheduler& self = instance();
                                           self.main_ = from.fctx;
                                           Actor& me = *static_cast<Actor*>(from.data);
                                           try {
                                             me.body();
                                           } catch (const ModelFailure& e) {
                                             self.failure_ = e.what();
                                           }
                                           self.drain(self.current_, me.stores.size());
                                           me.state = State::ended;
                                           self.note("ends");
                                           self.leave_actor();
                                         });
  return index;
}

void Scheduler::switch_to(std::size_t actor) {
  current_ = actor;
  Actor& next = *actors_[actor];
  const context::transfer_t back = context::jump_fcontext(next.context, &next);
  next.context = back.fctx;
}

// Back to run_once(), which goes on with another.
void Scheduler::leave_actor() {
  const context::transfer_t back = context::jump_fcontext(main_, nullptr);
  main_ = back.fctx;
}

void Scheduler::may_die() {
  if (left_.crashes == 0 || !actors_[current_]->may_crash || choose(2) == 0) return;
  crash(current_);
  leave_actor();
}

void Scheduler::point(Access access) {
  if (++steps_ > bounds_.steps) {
    throw ModelFailure("more than " + std::to_string(bounds_.steps) + " steps: an endless loop");
  }
  Actor& me = *actors_[current_];
  me.history = mix(me.history);
  maybe_preempt(access, me);
  if (!stores_sink_) me.executed = me.stores.size();  // before the access that comes now
}

void Scheduler::order_stores() {
  Actor& me = *actors_[current_];
  if (me.executed != me.stores.size()) point();
  me.executed = me.stores.size();
}

void Scheduler::maybe_preempt(Access access, Actor& me) {
  if (position_ == path_.size() && !recording_ && seen_before()) {
    pruned_ = true;
    return leave_actor();
  }
  std::uint32_t others = 0;
  for (std::size_t i = 0; left_.preemptions != 0 && i < count_; ++i) {
    others += i != current_ && actors_[i]->state == State::ready ? 1 : 0;
  }
  const bool may_crash = access == Access::writes && left_.crashes != 0 && me.may_crash;
  // Stores that may not be executed yet may be kept: that is no delay.
  const std::size_t fresh = me.stores.size() - me.executed;
  const std::size_t ways = 1 + (left_.delays != 0 ? me.stores.size() : fresh);
  std::uint32_t choice =
      choose(1 + (may_crash ? 1 : 0) + others * static_cast<std::uint32_t>(ways));
  if (choice-- == 0) return;
  if (may_crash && choice-- == 0) {
    crash(current_);
    return leave_actor();
  }
  --left_.preemptions;
  const std::size_t kept = choice % ways;
  drain(current_, me.stores.size() - kept);
  if (kept > fresh) {
    --left_.delays;
    if (!stores_sink_) me.executed = kept;
    if (recording_) program_->delayed(*this, current_);
  }
  std::size_t nth = choice / ways;
  for (next_ = 0;; ++next_) {
    if (next_ == current_ || actors_[next_]->state != State::ready) continue;
    if (nth-- == 0) break;
  }
  if (tracing_) note("is preempted with " + std::to_string(kept) + " stores on their way");
  leave_actor();
}

void Scheduler::crash(std::size_t actor) {
  --left_.crashes;
  ++crashes_;
  kill(actor);
}

// What the processor has executed is written, whatever becomes of the process.
void Scheduler::kill(std::size_t index) {
  Actor& actor = *actors_[index];
  drain(index, actor.stores.size());
  actor.state = State::dead;
  actor.waits_on = nullptr;
  if (tracing_) trace_.push_back(actor.name + " DIES");
  program_->crashed(*this, index);
}

bool Scheduler::alive(std::size_t actor) {
  const bool is = actors_[actor]->state != State::dead && actors_[actor]->state != State::ended;
  observe(is ? 1 : 0);
  return is;
}

bool Scheduler::seen_before() {
  std::uint64_t state = mix(memory_, program_->state()) + mix(current_, count_);
  for (std::size_t i = 0; i < count_; ++i) {
    const Actor& actor = *actors_[i];
    const bool gone = actor.state == State::dead || actor.state == State::ended;
    // What it has seen matters no more.
    std::uint64_t part = mix(gone ? 0 : actor.history,
                             actor.executed << 8 | static_cast<std::uint64_t>(actor.state));
    for (const StoreEntry& entry : actor.stores) part = mix(part + entry.word->number, entry.value);
    state += mix(part, i);
  }
  state = mix(state, left_.crashes << 8 | left_.delays);
  const auto left = static_cast<std::uint8_t>(std::min(left_.preemptions, 255u));
  const auto [place, is_new] = seen_.try_emplace(state, left);
  if (is_new) return false;
  if (place->second >= left) return true;
  place->second = left;
  return false;
}

void Scheduler::write(Word& word, std::uint64_t value) { set(current_, word, value); }

void Scheduler::set(std::size_t actor, Word& word, std::uint64_t value) {
  // A sum, so that each word's part of it can be exchanged by itself.
  memory_ += mix(word.number, value) - mix(word.number, word.value);
  word.value = value;
  if (recording_) program_->wrote(*this, actor, &word, value);
}

void Scheduler::observe(std::uint64_t value) {
  Actor& me = *actors_[current_];
  me.history = mix(me.history, value);
}

void Scheduler::store(Word& word, std::uint64_t value) {
  actors_[current_]->stores.push_back({&word, value});
}

std::uint64_t Scheduler::load(const Word& word) const {
  const auto& stores = actors_[current_]->stores;
  const auto own = std::find_if(stores.rbegin(), stores.rend(),
                                [&](const StoreEntry& entry) { return entry.word == &word; });
  return own != stores.rend() ? own->value : word.value;
}

void Scheduler::drain(std::size_t index, std::size_t count) {
  Actor& actor = *actors_[index];
  for (std::size_t i = 0; i < count; ++i) set(index, *actor.stores[i].word, actor.stores[i].value);
  actor.stores.erase(actor.stores.begin(),
                     actor.stores.begin() + static_cast<std::ptrdiff_t>(count));
  actor.executed -= std::min(actor.executed, count);
}

void Scheduler::flush() { flush_of(current_); }

void Scheduler::flush_of(std::size_t actor) { drain(actor, actors_[actor]->stores.size()); }

void Scheduler::flush_executed() {
  flush();
  for (std::size_t i = 0; i < count_; ++i) {
    if (i != current_) drain(i, actors_[i]->executed);
  }
}

// A locked operation empties the buffer, and others may go on before it.
void Scheduler::point_and_flush() {
  const Actor& me = *actors_[current_];
  if (me.executed != me.stores.size()) point();
  flush();
}

void Scheduler::block(const void* on) {
  point_and_flush();
  Actor& me = *actors_[current_];
  if (tracing_) note("sleeps on " + name_of(on));
  if (recording_) program_->slept(*this, current_, on);
  me.state = State::blocked;
  me.waits_on = on;
  if (left_.crashes != 0 && me.may_crash && choose(2) == 1) crash(current_);
  leave_actor();
  point();  // others may go on before a woken one does
}

bool Scheduler::wake(const void* on, bool all) {
  point_and_flush();
  return rouse(on, all);
}

bool Scheduler::rouse(const void* on, bool all) {
  if (recording_) program_->woke(*this, current_, on);
  bool any = false;
  for (std::size_t i = 0; i < count_; ++i) {
    Actor& actor = *actors_[i];
    if (actor.state != State::blocked || actor.waits_on != on) continue;
    actor.state = State::ready;
    actor.waits_on = nullptr;
    if (tracing_) note("wakes " + actor.name);
    any = true;
    if (!all) break;
  }
  return any;
}

bool Scheduler::maybe() {
  const bool is_so = choose(2) == 1;
  observe(is_so ? 1 : 0);
  return is_so;
}

void Scheduler::note(std::string_view what) {
  if (tracing_) trace_.push_back(actors_[current_]->name + " " + std::string(what));
}

void Scheduler::name(const void* address, std::string name) {
  if (tracing_) names_.emplace_back(address, std::move(name));
}

std::string Scheduler::name_of(const void* address) const {
  for (const auto& [known, name] : names_) {
    if (known == address) return name;
  }
  return "something";
}

}  // namespace muster::model
