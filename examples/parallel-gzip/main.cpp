// parallel-gzip FILE: compresses a file in blocks over a pool of worker processes (or threads)
// to one .gz that gzip -d turns back into the same bytes.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>

#include <muster/init.hpp>

#include "block_reader.hpp"
#include "byte_sink.hpp"
#include "compress.hpp"
#include "options.hpp"
#include "output_file.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "stop_signals.hpp"

namespace parallel_gzip {
namespace {

constexpr int kFailure = 1;

// One worker is measured on no more of the file than about this.
constexpr std::uint64_t kCompareBytes = 64 * 1024 * 1024;

std::unique_ptr<ByteSink> open_sink(const Options& options, const InputFile& input) {
  if (!options.to_stdout) {
    if (input.is_same_file(options.output)) {
      throw std::runtime_error(quoted(options.output) + " is the input itself");
    }
    return std::make_unique<OutputFile>(options.output, options.force, input.mode());
  }
  if (isatty(STDOUT_FILENO) == 1 && !options.force) {
    throw std::runtime_error("compressed data is not written to a terminal; -f does it anyway");
  }
  return std::make_unique<StandardOutput>();
}

// Compresses the file. `mark` is where the run is to be compared with one worker's.
Run write_output(const Options& options, const InputFile& input, std::uint64_t mark) {
  // On standard output nothing is left to be removed, so signals end the program as usual.
  std::optional<StopSignals> signals;
  if (!options.to_stdout) signals.emplace();

  const auto sink = open_sink(options, input);
  BlockReader reader(input, options.block_size, signals ? &*signals : nullptr);
  Progress progress("compressing", input.size());
  const Run run = compress(options, options.workers, reader, *sink, progress, mark);
  sink->commit();
  return run;
}

// The same work over the first `mark` bytes with one worker, written nowhere.
Run measure_one_worker(const Options& options, std::uint64_t mark) {
  const InputFile input(options.input);
  BlockReader reader(input, options.block_size, nullptr, mark);
  NullSink sink;
  Progress progress("measuring one worker", mark);
  return compress(options, 1, reader, sink, progress, mark);
}

void run(const Options& options) {
  const InputFile input(options.input);
  // Whole blocks, so that both runs have the same ones.
  const std::uint64_t blocks = std::max<std::uint64_t>(kCompareBytes / options.block_size, 1);
  const std::uint64_t mark = std::min(blocks * options.block_size, input.size());

  const Run many = write_output(options, input, mark);
  std::cerr << "parallel-gzip: " << describe(many, options) << '\n';

  // mark is 0 for an empty file, and for what is not a regular one: that cannot be read twice.
  if (!options.compare || many.workers == 1 || mark == 0) return;
  const Run one = measure_one_worker(options, mark);
  std::cerr << "parallel-gzip: " << describe_speed_up(many, one, options) << '\n';
}

int run_and_tell(const Options& options) {
  try {
    run(options);
    return 0;
  } catch (const Interrupted& interrupted) {
    // Ends as the signal would have ended it, now that the unfinished file is gone.
    std::signal(interrupted.signal(), SIG_DFL);
    std::raise(interrupted.signal());
    return kFailure;
  } catch (const std::bad_alloc&) {
    std::cerr << "parallel-gzip: out of memory; smaller blocks (-b) or fewer workers (-w) "
                 "need less\n";
  } catch (const std::exception& error) {
    std::cerr << "parallel-gzip: " << error.what() << '\n';
  }
  return kFailure;
}

}  // namespace
}  // namespace parallel_gzip

int main(int argc, char** argv) {
  using namespace parallel_gzip;
  // A reader that went away and a file that grew too large are errors of write().
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  int exit_code = 0;
  try {
    fill_standard_descriptors();
    const std::optional<Options> options =
        parse_options(argc, argv, std::cout, std::cerr, exit_code);
    // On the ranks that serve it does not return: they open no files.
    if (options && options->mpi) muster::init();
    return options ? run_and_tell(*options) : exit_code;
  } catch (const std::exception& error) {
    std::cerr << "parallel-gzip: " << error.what() << '\n';
    return kFailure;
  }
}
