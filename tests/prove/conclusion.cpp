#include "prove/conclusion.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "prove/describe_threads.hpp"
#include "support/json_file.hpp"

namespace prove {

int conclude(const Options& options, const Counted& counted, const Conclusion& found,
             const nlohmann::ordered_json& figures) {
  const std::string name = name_of(options.program);
  for (const std::string& sentence : found.broken) fmt::print(stderr, "{}: {}\n", name, sentence);
  if (!found.broken.empty()) {
    fmt::print(stderr, "{}: repeat with: {}\n", name,
               command_to_repeat(options, counted, found.round));
  } else if (!found.missing.empty()) {
    fmt::print(stderr, "{}: this run proves less than it should: {}\n", name, found.missing);
  }
  if (!options.json.empty() && !test_support::write_json(options.json, figures)) return 1;
  return found.broken.empty() && found.missing.empty() ? 0 : 1;
}

std::string cut_short(const Options& options, const Counted& counted, std::uint64_t done,
                      bool interrupted) {
  if (!interrupted || done >= options.count) return "";
  return fmt::format("it was interrupted after {} of {} {}", done, options.count, counted.what);
}

void end_hung(const Options& options, const std::string& sentence, const std::string& state,
              const std::function<nlohmann::ordered_json()>& figures) {
  // Whatever it takes a lock for below may hang as well.
  constexpr unsigned kPatienceS = 30;
  ::signal(SIGALRM, SIG_DFL);
  ::alarm(kPatienceS);
  fmt::print(stderr, "\n{}{}{}: {}\n", state, describe_threads(), name_of(options.program),
             sentence);
  std::fflush(nullptr);
  if (!options.json.empty()) {
    auto json = figures();
    auto& sentences = json["sentences"];
    sentences.insert(sentences.begin(), sentence);
    test_support::write_json(options.json, json);
  }
  // The supervisor ends the workers of a client that is gone.
  std::_Exit(1);
}

}  // namespace prove
