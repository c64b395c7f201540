#pragma once

// The tasks of one run of a scenario: what they shall leave in shared memory, and what their
// futures shall come to.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <muster/muster.hpp>

#include "steps/fate.hpp"
#include "steps/ledger.hpp"

namespace steps {

// Far beyond what anything here takes: who waits longer waits for ever.
inline constexpr std::chrono::seconds kPatience(20);

struct Actor {
  std::string name;
  std::uint32_t entry = 0;  // the first of its entries in the ledger
  std::uint32_t items = 0;  // of a chunk; each has an entry
  // Set when it is published.
  std::uint64_t id = 0;
  std::uint32_t slot = 0;

  // Of the bytes of its whole result: what is wrong with them; "": nothing.
  std::function<std::string(std::span<const std::byte>, bool failed)> whole;
  // Of the records of a chunk's committed items.
  std::function<std::string(std::span<const std::byte>, std::uint32_t items)> committed;
  // Waits for the future; what is wrong with its end.
  std::function<std::string(const Fate&)> end;
  // Waits for it as long as it takes. Not of chunks.
  std::function<void()> wait;
  // Has its worker killed for it. Not of chunks.
  std::function<void()> ask_kill;
};

class Play {
 public:
  Play(muster::ProcessPoolExecutor& pool, unsigned retries) : pool_(pool), retries_(retries) {
    Ledger::clear();
  }

  muster::ProcessPoolExecutor& pool() { return pool_; }
  unsigned retries() const { return retries_; }
  std::vector<Actor>& actors() { return actors_; }
  const std::vector<Actor>& actors() const { return actors_; }

  // Futures whose results stay where they are.
  std::vector<muster::Future<std::vector<std::uint8_t>>>& kept() { return kept_; }

  std::uint32_t take_entries(std::uint32_t count = 1) {
    const std::uint32_t first = entries_;
    entries_ += count;
    return first;
  }

  // Submits task(entry, argument) and expects a value, or, with an empty function, an exception.
  template <class R, class Argument>
  muster::Future<R> add(std::string name, R (*task)(std::uint32_t, Argument), Argument argument,
                        std::function<std::string(const R&)> wrong) {
    Actor actor;
    actor.name = name;
    actor.entry = take_entries();
    auto future = pool_.submit({.name = name, .retries = retries_}, task, actor.entry, argument);
    actor.whole = [wrong](std::span<const std::byte> bytes, bool failed) -> std::string {
      if (failed != !wrong) return failed ? "it is an exception" : "it is no exception";
      if (failed) return "";
      muster::Decoder in(bytes.data(), bytes.size());
      return wrong(in.read<R>());
    };
    actor.end = [future, wrong, entry = actor.entry](const Fate& fate) {
      return wrong_end(future, wrong, entry, fate);
    };
    actor.wait = [future] { wait_for(future); };
    actor.ask_kill = [future]() mutable { future.cancel(muster::CancelMode::kill); };
    actors_.push_back(std::move(actor));
    return future;
  }

 private:
  template <class R>
  static void wait_for(const muster::Future<R>& future) {
    try {
      future.exception();
    } catch (const muster::CancelledError&) {  // an end as well
    }
  }

  template <class R>
  static std::string wrong_end(const muster::Future<R>& future,
                               const std::function<std::string(const R&)>& wrong,
                               std::uint32_t entry, const Fate& fate) {
    std::exception_ptr error;
    try {
      error = future.exception(kPatience);
    } catch (const muster::TimeoutError&) {
      return fmt::format("its future is not ready after {} s", kPatience.count());
    } catch (const muster::CancelledError&) {
      return "it is cancelled, which nobody asked for";
    }
    const std::uint32_t begun = Ledger::at(entry).begun.load();
    const std::uint32_t most = fate.runs_again ? 2 : 1;
    if (begun > most) return fmt::format("it was begun {} times, of at most {}", begun, most);
    const bool threw = error && !wrong && begun != 0 && !fate.dies && is_its_own(error);
    if (error && !threw) return wrong_with_death(error, fate);
    if (fate.dies) return "it has an end of its own though its worker died while it ran";
    if (begun == 0) return "it has an end though it never began";
    if (Ledger::at(entry).ended.load() == 0) return "it has an end though it never ended";
    if (threw) return "";
    return wrong ? wrong(future.result()) : "it did not throw";
  }

  // Not one that Muster made.
  static bool is_its_own(const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const muster::Error&) {
      return false;
    } catch (...) {
      return true;
    }
  }

  muster::ProcessPoolExecutor& pool_;
  unsigned retries_;
  std::vector<Actor> actors_;
  std::vector<muster::Future<std::vector<std::uint8_t>>> kept_;
  std::uint32_t entries_ = 0;
};

}  // namespace steps
