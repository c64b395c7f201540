#pragma once

// What the three programs have in common: their options, where they run, and how they end.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "steps/options.hpp"
#include "steps/scenario.hpp"

namespace steps {

// What main() of each of them is: its command line, then `run`, and the exit code.
int run_program(int argc, char** argv, const char* name, const char* about, Takes takes,
                int (*run)(const Options&));

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
