// Real work: one file, compressed by Muster's example and by the programs that do it otherwise.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "bench/probes/program.hpp"
#include "bench/probes/stopwatch.hpp"
#include "bench/probes/subprocess.hpp"
#include "bench/probes/temporary_folder.hpp"
#include "bench/scenarios.hpp"
#include "bench/scenarios/each_peer.hpp"

namespace bench {

namespace {

constexpr std::uint64_t kMiB = 1 << 20;

// Text of words, some often and some seldom, so that compressing it takes about as long as that of
// a log does. The same each time.
void write_text(const std::filesystem::path& path, std::uint64_t bytes) {
  constexpr std::size_t kWords = 4096;
  std::uint64_t state = 88172645463325252U;
  const auto next = [&state] {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  };
  std::vector<std::string> words(kWords);
  for (std::string& word : words) {
    for (std::uint64_t letters = 2 + next() % 9; letters > 0; --letters) {
      word += static_cast<char>('a' + next() % 26);
    }
  }
  std::string text;
  text.reserve(bytes + 16);
  while (text.size() < bytes) {
    // Two draws, the lesser of which counts: words at the front come more often.
    text += words[std::min(next() % kWords, next() % kWords)];
    text += next() % 12 == 0 ? '\n' : ' ';
  }
  text.resize(bytes);
  std::ofstream file(path, std::ios::binary);
  if (!(file << text << std::flush)) throw MeasurementError("cannot write " + path.string());
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string parallel_gzip() {
#ifdef MUSTER_BENCH_PARALLEL_GZIP
  return MUSTER_BENCH_PARALLEL_GZIP;
#else
  return "";
#endif
}

// Runs a command of the shell in the folder, where $2 is parallel-gzip. Throws MeasurementError
// where it fails, with the last line that it wrote to standard error.
void run_shell(const std::filesystem::path& folder, const std::string& command) {
  Subprocess shell({"sh", "-c", fmt::format("cd \"$1\" && {{ {}; }} 2>errors", command), "sh",
                    folder.string(), parallel_gzip()});
  shell.end_input();
  shell.read_rest();
  if (const int code = shell.wait(); code != 0) {
    const std::string line = last_line(text_of(folder / "errors"));
    throw MeasurementError(fmt::format("\"{}\" ended with code {}{}{}", command, code,
                                       line.empty() ? "" : ": ", line));
  }
}

// From "text" to "text.gz".
std::string command_of(const Cell& cell) {
  if (cell.peer == "pigz") return fmt::format("pigz -6 -k -p {} text", cell.workers);
  if (cell.peer == "xargs") {
    return fmt::format(
        "split -b 1M -a 4 text part. && "
        "printf '%s\\0' part.* | xargs -0 -P {} -n 1 gzip -6 && cat part.*.gz >text.gz",
        cell.workers);
  }
  return fmt::format("\"$2\" --no-compare {} -w {} text", cell.peer == "thread" ? "-t" : "",
                     cell.workers);
}

class Gzip : public Scenario {
 public:
  std::string_view name() const override { return "gzip"; }
  std::string_view summary() const override {
    return "64 MiB of generated text (quick: 8) compressed at level 6, from a file to a file, "
           "with all that the program does from start to end: examples/parallel-gzip over Muster's "
           "pools, pigz, and split, xargs -P gzip on pieces of 1 MiB, and cat. gzip -d gives back "
           "the same bytes each time. The file was just written, so it is in the system's cache.";
  }
  std::vector<Metric> metrics() const override {
    return {{"time", "time", Unit::seconds, false},
            {"speed", "speed", Unit::bytes_per_second, true},
            {"processor", "processor time", Unit::seconds, false},
            {"size", "compressed", Unit::bytes, false}};
  }
  std::vector<Cell> cells(const Settings& settings) const override {
    auto cells = each_peer(kGzip, settings.workers, {""},
                           [&](const PeerEntry&) { return settings.quick ? 8 * kMiB : 64 * kMiB; });
    for (Cell& cell : cells) {
      if ((cell.peer == "process" || cell.peer == "thread") && !is_built()) {
        cell.missing = "configure with MUSTER_BUILD_EXAMPLES=ON and build parallel-gzip";
      }
    }
    return cells;
  }

  std::size_t runs(const Settings& settings) const override { return settings.slow_runs(); }

  void measure(const Cell& cell, Sample& out) const override {
    const TemporaryFolder folder;
    write_text(folder.path() / "text", cell.size);
    const ProcessorTime processor({});
    const Stopwatch watch;
    run_shell(folder.path(), command_of(cell));
    const double seconds = watch.seconds();
    out.set("time", seconds);
    out.set("processor", processor.seconds());
    out.set("speed", static_cast<double>(cell.size) / seconds);
    out.set("size", static_cast<double>(std::filesystem::file_size(folder.path() / "text.gz")));
    run_shell(folder.path(), "gzip -dc text.gz | cmp - text");
  }

 private:
  static bool is_built() {
    std::error_code error;
    return std::filesystem::exists(parallel_gzip(), error);
  }
};

}  // namespace

std::unique_ptr<Scenario> make_gzip() { return std::make_unique<Gzip>(); }

}  // namespace bench
