#include "steps/program.hpp"

#include <sched.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>

#include <fmt/format.h>

#include "support/json_file.hpp"

namespace steps {

namespace {

char where_[512] = {};

void on_alarm(int) {
  const auto say = [](const char* text) {
    if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) return;
  };
  say("no progress in a minute: ");
  say(where_);
  say("\n");
  std::_Exit(kBroken);
}

// Ticks that each CPU was idle, by /proc/stat.
std::map<int, long> idle_ticks() {
  std::map<int, long> idle;
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    int cpu = -1;
    long ticks = 0;
    if (std::sscanf(line.c_str(), "cpu%d %*d %*d %*d %ld", &cpu, &ticks) == 2) idle[cpu] = ticks;
  }
  return idle;
}

// Of those that this process may use, the one that has least to do.
int idlest_cpu() {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  ::sched_getaffinity(0, sizeof(usable), &usable);
  auto before = idle_ticks();
  ::usleep(200'000);
  int best = ::sched_getcpu();
  long most = -1;
  for (const auto& [cpu, ticks] : idle_ticks()) {
    if (!CPU_ISSET(static_cast<std::size_t>(cpu), &usable)) continue;
    if (ticks - before[cpu] <= most) continue;
    most = ticks - before[cpu];
    best = cpu;
  }
  return best;
}

}  // namespace

int run_program(int argc, char** argv, const char* name, const char* about, Takes takes,
                int (*run)(const Options&)) {
  std::vector<std::string> scenarios;
  for (const Scenario& one : all_scenarios()) scenarios.push_back(one.name);
  try {
    int exit_code = kFine;
    const auto options =
        parse_options(argc, argv, name, about, takes, scenarios, std::cout, std::cerr, exit_code);
    return options ? run(*options) : exit_code;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return kBroken;
  }
}

std::vector<const Scenario*> chosen_scenarios(const Options& options) {
  std::vector<const Scenario*> chosen;
  for (const Scenario& one : all_scenarios()) {
    const bool wanted =
        options.scenario.empty() ? one.quick || options.full : one.name == options.scenario;
    if (wanted) chosen.push_back(&one);
  }
  return chosen;
}

std::vector<unsigned> chosen_workers(const Options& options, const Scenario& scenario) {
  std::vector<unsigned> chosen;
  for (const unsigned workers : {1U, 2U}) {
    if (scenario.other_is_busy && workers < 2) continue;
    if (options.workers == 0 || options.workers == workers) chosen.push_back(workers);
  }
  return chosen;
}

void stay_on_one_cpu() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(idlest_cpu()), &one);
  ::sched_setaffinity(0, sizeof(one), &one);  // else slower, and paths differ more in length
}

void watch(const std::string& where) {
  ::alarm(0);
  std::strncpy(where_, where.c_str(), sizeof(where_) - 1);
  ::signal(SIGALRM, &on_alarm);
  ::alarm(60);
}

void Complaints::add(const std::string& sentence, const std::string& repeat) {
  constexpr std::uint64_t kPrinted = 20;
  if (++count_ > kPrinted) return;
  sentences_.push_back(sentence + "; repeat it with: " + program_ + " " + repeat);
  fmt::print(stderr, "{}\n", sentences_.back());
  if (count_ == kPrinted) fmt::print(stderr, "(and so on: no more are printed)\n");
}

nlohmann::ordered_json begin_document(const char* program, const Options& options) {
  return {{"schema", 1}, {"program", program}, {"mode", options.full ? "full" : "quick"}};
}

int finish(const Options& options, nlohmann::ordered_json document, const Complaints& complaints) {
  ::alarm(0);
  document["broken_promises"] = complaints.count();
  document["sentences"] = complaints.sentences();
  if (!options.json.empty() && !test_support::write_json(options.json, document)) return kUsage;
  return complaints.count() == 0 ? kFine : kBroken;
}

}  // namespace steps
