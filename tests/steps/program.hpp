#pragma once

// What the three programs have in common: their options, where they run, and how they end.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "steps/scenario.hpp"

namespace steps {

// Exit codes: 0 fine, 1 a promise is broken, 2 usage, 77 the kernel does not permit it here.
inline constexpr int kFine = 0;
inline constexpr int kBroken = 1;
inline constexpr int kUsage = 2;
inline constexpr int kNotHere = 77;

struct Options {
  bool full = false;
  std::string json;
  // To repeat one of them: empty or 0 for all.
  std::string scenario;
  unsigned workers = 0;
  std::optional<unsigned> retries;
  bool other_goes_on = false;  // of two workers, only while the other one runs freely
  std::optional<std::uint64_t> at;
  std::uint64_t every = 0;  // instructions from one death to the next; 0: as the scenario says
  unsigned kills = 0;       // of a measurement; 0: as many as the mode says
};

enum class Takes { scenarios, kills, measurement };

// Ends the program where it is told nonsense, or asked for help.
Options parse_options(int argc, char** argv, const char* name, const char* about, Takes takes);

// Of all that are asked for.
std::vector<const Scenario*> chosen_scenarios(const Options& options);
std::vector<unsigned> chosen_workers(const Options& options, const Scenario& scenario);

// Client and workers on one CPU: nobody spins, and of two that have something to do one waits.
void stay_on_one_cpu();

// Ends the program, with a sentence that says where it was, if the next call does not come within
// a minute.
void watch(const std::string& where);

// A sentence on a broken promise, and how to repeat it; only the first few are printed.
class Complaints {
 public:
  explicit Complaints(std::string program) : program_(std::move(program)) {}

  void add(const std::string& sentence, const std::string& repeat);
  std::uint64_t count() const { return count_; }
  const std::vector<std::string>& sentences() const { return sentences_; }

 private:
  std::string program_;
  std::uint64_t count_ = 0;
  std::vector<std::string> sentences_;
};

// Writes the document, if a file is asked for, and answers with the exit code.
int finish(const Options& options, nlohmann::ordered_json document, const Complaints& complaints);
nlohmann::ordered_json begin_document(const char* program, const Options& options);

}  // namespace steps
