#include "options.hpp"

#include <CLI/CLI.hpp>

namespace parallel_gzip {
namespace {

// CLI11 would read -1 as the largest number there is.
std::string whole_number(const std::string& text) {
  const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? "" : text + " is not a whole number of 0 or more";
}

}  // namespace

std::optional<Options> parse_options(int argc, char** argv, std::ostream& out, std::ostream& err,
                                     int& exit_code) {
  constexpr int kUsageError = 2;
  Options options;
  bool no_compare = false;

  CLI::App app("Compresses FILE to FILE.gz, in blocks, by a pool of workers. FILE stays.",
               "parallel-gzip");
  app.add_option("FILE", options.input, "file to compress")->required();
  auto* output = app.add_option("-o,--output", options.output, "write to this file");
  app.add_flag("-c,--stdout", options.to_stdout, "write to standard output")->excludes(output);
  app.add_flag("-f,--force", options.force, "replace the output file if it exists");
  app.add_option("-w,--workers", options.workers,
                 "number of workers; 0: the CPUs this process may use")
      ->check(whole_number)
      ->capture_default_str();
  app.add_flag("-t,--threads", options.threads, "workers are threads instead of processes");
#ifdef EXAMPLE_HAS_MPI
  app.add_flag("--mpi", options.mpi, "so many workers on each rank that mpirun has started")
      ->excludes("--threads");
#endif
  app.add_option("-l,--level", options.level, "0 (store) to 9 (smallest)")
      ->check(CLI::Range(0, 9))
      ->capture_default_str();
  app.add_option("-b,--block-size", options.block_size, "bytes a task, or 512K, 4M; at least 32K")
      ->transform(CLI::AsSizeValue(false) & CLI::Range(kMinBlockSize, kMaxBlockSize))
      ->capture_default_str();
  app.add_flag("--no-compare", no_compare, "do not measure one worker for the speed-up");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error, out, err) == 0 ? 0 : kUsageError;
    return std::nullopt;
  }
  options.compare = !no_compare;
  if (options.output.empty()) options.output = options.input + ".gz";
  return options;
}

}  // namespace parallel_gzip
