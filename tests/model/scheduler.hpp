#pragma once

// A machine in which one actor makes one step at a time, and which tries every order of the steps.
//
// An actor is a function on a stack of its own. Before each of its accesses to shared memory it
// comes to a point(), where the scheduler decides who goes on: the actor itself, another one (a
// preemption), or nobody, because it dies here (a crash). Stores that are no locked operations wait
// in the actor's store buffer, as on x86-64 (TSO): they are written at the next switch, or, as
// another choice (a delay), stay while others run. One that was made since the last point need not
// have been executed yet. Where a program lets stores sink, as a compiler may, that goes for all
// that were made since the last order_stores() or locked operation.
//
// explore() runs a program again and again, each time with the next of all sequences of such
// choices that stay within the bounds on preemptions, crashes and delays (as CHESS does: Musuvathi
// and Qadeer, "Iterative context bounding", 2007). The choices of a run, printed, are a seed that
// repeats it.
//
// A run ends early where it comes to a state that another run has been in with no tighter bounds
// left. An actor is a function of what it has seen, so its part of the state is a hash of that;
// the rest is what the memory and the store buffers hold, and Program::state(). What actors share
// besides the memory must be in there, and an actor that lets it decide what it does next must
// observe() it. Hashes have 64 bits: of 10^8 states two different ones are taken for one with a
// probability of 0.03%.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

namespace muster::model {

struct Bounds {
  unsigned preemptions = 2;
  unsigned crashes = 0;
  unsigned delays = 0;
  std::size_t steps = 20'000;             // in one run; more is an endless loop
  std::uint64_t executions = UINT64_MAX;  // give up after so many
  std::uint64_t states = UINT64_MAX;      // likewise: each takes up to 24 bytes, or 36 for a moment
};

struct Outcome {
  std::uint64_t executions = 0;
  std::uint64_t whole = 0;  // of them: not cut off at a state that another one had been in
  std::uint64_t steps = 0;
  std::uint64_t crashes = 0;
  std::uint64_t states = 0;  // different ones
  std::size_t longest = 0;   // steps of the longest run
  bool complete = false;     // all within the bounds
  std::string failure;       // empty: none
  std::string seed;          // of the failure
  std::vector<std::string> trace;
  std::vector<std::string> events;   // of a run that was recorded
  std::vector<std::string> samples;  // seeds of some of the runs
};

class Scheduler;

// What a run consists of. Made anew for each.
class Program {
 public:
  virtual ~Program() = default;
  // Adds the actors.
  virtual void start(Scheduler& scheduler) = 0;
  // An actor has died at one of its points.
  virtual void crashed(Scheduler& scheduler, std::size_t actor) = 0;
  // A hash of all that actors share which is not in the scheduler's words.
  virtual std::uint64_t state() const = 0;
  // All actors that must have ended are done. Throws ModelFailure for what must not be.
  virtual void check() = 0;
  // Of a run that is recorded: the actor's value has reached the word, where all see it.
  virtual void wrote(Scheduler&, std::size_t /*actor*/, const void* /*word*/, std::uint64_t) {}
  // Likewise: it sleeps, or has woken whoever sleeps there.
  virtual void slept(Scheduler&, std::size_t /*actor*/, const void* /*on*/) {}
  virtual void woke(Scheduler&, std::size_t /*actor*/, const void* /*on*/) {}
  // Likewise: it was preempted with stores on their way.
  virtual void delayed(Scheduler&, std::size_t /*actor*/) {}
};

class ModelFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Folds values into one of 64 bits.
class Hash {
 public:
  Hash& add(std::uint64_t value);
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

class Scheduler {
 public:
  Scheduler();
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  using MakeProgram = std::function<std::unique_ptr<Program>()>;
  // With the seeds of every `sample_every`-th run, if that is not 0.
  Outcome explore(const MakeProgram& make, const Bounds& bounds, std::uint64_t sample_every = 0);
  // One run with the choices of a seed, its trace and its events.
  Outcome replay(const MakeProgram& make, const Bounds& bounds, const std::string& seed);
  // One run with choices at random, mostly the first one, and its events.
  Outcome sample(const MakeProgram& make, const Bounds& bounds, std::uint64_t random_seed);

  // ---- for programs ----

  // An actor that begins when it is first chosen. May be added while others run.
  std::size_t add_actor(std::string name, std::function<void()> body, bool may_crash = false);
  // Ends an actor from outside: SIGKILL.
  void kill(std::size_t actor);
  bool alive(std::size_t actor);
  std::size_t current() const { return current_; }

  // ---- for what runs in actors ----

  // Before an access that others can see. One may die before whatever writes: before a read makes
  // no difference to others.
  enum class Access { reads, writes };
  void point(Access access = Access::writes);
  // Loads do not keep the compiler from moving stores below them, from here to the end of the run.
  void let_stores_sink() { stores_sink_ = true; }
  // What keeps it from that.
  void order_stores();
  // Before a plain store, which waits in the buffer, so that nobody has to run in between.
  void may_die();
  // The memory that is part of the state. Each word has a number of its own, the same in each run.
  struct Word {
    std::uint64_t value = 0;
    std::uint32_t number = 0;
  };
  std::uint32_t next_number() { return ++words_; }
  void write(Word& word, std::uint64_t value);
  // What the current actor has learned is part of its state.
  void observe(std::uint64_t value);
  // The current actor's store buffer.
  void store(Word& word, std::uint64_t value);
  std::uint64_t load(const Word& word) const;
  void flush();
  void flush_of(std::size_t actor);
  // All that others have executed, too.
  void flush_executed();
  // Sleeps until woken; the address only names what is slept on.
  void block(const void* on);
  // False: nobody slept.
  bool wake(const void* on, bool all);
  // The same by a plain store: what is in the buffer stays there.
  bool rouse(const void* on, bool all);
  // What the machine decides: both are tried.
  bool maybe();
  // For the trace.
  bool tracing() const { return tracing_; }
  void note(std::string_view what);
  void name(const void* address, std::string name);
  std::string name_of(const void* address) const;
  // For the events of a run that is recorded.
  bool recording() const { return recording_; }
  void record(std::string event) { events_.push_back(std::move(event)); }

  // The one whose actor this thread runs.
  static Scheduler& instance();

 private:
  struct Actor;
  struct Choice {
    std::uint32_t chosen;
    std::uint32_t options;
  };
  struct StoreEntry {
    Word* word;
    std::uint64_t value;
  };
  static constexpr std::size_t kAnyone = SIZE_MAX;

  enum class State : std::uint8_t { ready, blocked, ended, dead };

  void run_once(const MakeProgram& make, const Bounds& bounds);
  std::uint32_t choose(std::uint32_t options);
  std::uint32_t random_choice(std::uint32_t options);
  bool next_path();
  void switch_to(std::size_t actor);
  void leave_actor();
  void crash(std::size_t actor);
  void point_and_flush();
  void maybe_preempt(Access access, Actor& me);
  bool seen_before();
  void drain(std::size_t actor, std::size_t count);
  void set(std::size_t actor, Word& word, std::uint64_t value);
  std::string seed() const;
  Actor& actor_for(std::size_t index);

  std::vector<std::unique_ptr<Actor>> actors_;  // kept with their stacks from run to run
  std::size_t count_ = 0;                       // of them in this run
  std::size_t current_ = 0;
  std::size_t next_ = kAnyone;  // whose turn a preemption has made it
  Program* program_ = nullptr;
  Bounds bounds_;
  Bounds left_;
  std::vector<Choice> path_;
  std::size_t position_ = 0;
  std::size_t steps_ = 0;
  std::uint64_t crashes_ = 0;
  bool tracing_ = false;
  bool recording_ = false;
  std::optional<std::mt19937_64> random_;  // chooses, where it is there
  std::vector<std::string> trace_;
  std::vector<std::string> events_;
  std::vector<std::pair<const void*, std::string>> names_;
  std::string failure_;
  bool pruned_ = false;
  bool stores_sink_ = false;
  std::uint32_t words_ = 0;
  std::uint64_t memory_ = 0;  // hash of all words
  // State and what is left of crashes and delays -> the most preemptions that were left.
  boost::unordered_flat_map<std::uint64_t, std::uint8_t> seen_;
  void* main_ = nullptr;  // where the scheduler itself was left
};

}  // namespace muster::model
