// The command lines of the programs: any words are options within their bounds, or end the program
// with 0 or 2, and 2 comes with a sentence. The first byte says the program, NULs part the words.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/compare/options.hpp"
#include "bench/options.hpp"
#include "examples/parallel-gzip/options.hpp"
#include "fuzz/require.hpp"
#include "prove/options.hpp"
#include "steps/options.hpp"
#include "tools/muster/command_line.hpp"
#include "tools/muster/text.hpp"

namespace fuzz {
namespace {

// What a program is started with, and what it has said.
class Start {
 public:
  explicit Start(std::string_view text) : words_{"program"} {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\0'), text.size());
      words_.emplace_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    for (std::string& word : words_) arguments_.push_back(word.data());
    arguments_.push_back(nullptr);
  }

  int argc() const { return static_cast<int>(words_.size()); }
  char** argv() { return arguments_.data(); }

  // The program ends where it has no options.
  template <class Options>
  bool goes_on(const std::optional<Options>& options) const {
    if (options) return true;
    require(exit_code == 0 || exit_code == 2, "a command line ends a program with 0 or 2");
    require(exit_code == 0 ? !out.str().empty() : !err.str().empty(),
            "who is not served is told why");
    return false;
  }

  std::ostringstream out;
  std::ostringstream err;
  int exit_code = -1;

 private:
  std::vector<std::string> words_;
  std::vector<char*> arguments_;
};

constexpr std::array<muster_tool::AddCommand, 8> kToolCommands{
    &muster_tool::add_ls,      &muster_tool::add_show,   &muster_tool::add_tasks,
    &muster_tool::add_summary, &muster_tool::add_deaths, &muster_tool::add_trace,
    &muster_tool::add_metrics, &muster_tool::add_check};

void tool(Start& start) {
  std::string complaint;
  const auto run = muster_tool::parse_command_line(start.argc(), start.argv(), kToolCommands,
                                                   start.out, complaint, start.exit_code);
  start.err << complaint;
  require(muster_tool::printable(complaint) == complaint, "a complaint is text");
  if (start.goes_on(run)) require(static_cast<bool>(*run), "there is something to do");
}

void bench_run(Start& start) {
  const bench::Choices choices{{"map", "many"}, {"process", "thread", "py-pool"}};
  const auto options = bench::parse_options(start.argc(), start.argv(), choices, start.out,
                                            start.err, start.exit_code);
  if (!start.goes_on(options)) return;
  const bench::Settings& settings = options->settings;
  require(settings.runs >= 1 && settings.runs <= 1000, "there is a run, and not too many");
  require(settings.many_tasks >= 100, "there is a curve of growth");
  for (const std::size_t workers : settings.workers) {
    require(workers >= 1 && workers <= 1024, "there is a worker, and not too many");
  }
  require(options->from.empty() || options->json.empty(), "what is drawn is not measured");
  for (const std::string& name : options->scenarios) {
    require(std::ranges::find(choices.scenarios, name) != choices.scenarios.end(),
            "there is such a scenario");
  }
}

void bench_compare(Start& start) {
  const auto options = bench::parse_compare_options(start.argc(), start.argv(), start.out,
                                                    start.err, start.exit_code);
  if (!start.goes_on(options)) return;
  require(options->threshold >= 0 && options->threshold <= 10, "a threshold is a fraction");
}

void gzip(Start& start) {
  const auto options = parallel_gzip::parse_options(start.argc(), start.argv(), start.out,
                                                    start.err, start.exit_code);
  if (!start.goes_on(options)) return;
  require(options->level >= 0 && options->level <= 9, "zlib has such a level");
  require(options->block_size >= parallel_gzip::kMinBlockSize &&
              options->block_size <= parallel_gzip::kMaxBlockSize,
          "a block is as long as blocks can be");
  require(!options->output.empty(), "there is a place for the output");
}

void proof(Start& start) {
  const prove::Counted counted{"kills", "workers killed", 10, 1000, true};
  const auto options = prove::parse_options(start.argc(), start.argv(), "", counted, start.out,
                                            start.err, start.exit_code);
  if (!start.goes_on(options)) return;
  require(options->count >= 1, "something is to be done");
  require(options->seconds >= 0, "no time is negative");
  require(!prove::command_to_repeat(*options, counted, 3).empty(), "a run can be repeated");
}

void proof_by_steps(Start& start) {
  const auto options =
      steps::parse_options(start.argc(), start.argv(), "steps", "", steps::Takes::kills,
                           {"asleep", "chunk"}, start.out, start.err, start.exit_code);
  if (!start.goes_on(options)) return;
  require(options->workers <= 2, "there are no such pools");
  require(options->retries.value_or(0) <= 1, "there are no such plays");
}

constexpr std::array kPrograms{&tool, &bench_run, &bench_compare, &gzip, &proof, &proof_by_steps};

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  fuzz::Start start(std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  fuzz::kPrograms[data[0] % fuzz::kPrograms.size()](start);
  return 0;
}
