#include "command_line.hpp"

#include <charconv>
#include <exception>
#include <iostream>
#include <new>
#include <system_error>

#ifdef EXAMPLE_HAS_MPI
#include <muster/mpi.hpp>
#endif

namespace example {

CLI::Validator whole(std::uint64_t least, std::uint64_t most) {
  // CLI11 alone would read -1 as the largest number there is.
  const auto check = [least, most](const std::string& text) -> std::string {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [parsed, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc{} && parsed == end && number >= least && number <= most) return "";
    return text + " is not a whole number from " + std::to_string(least) + " to " +
           std::to_string(most);
  };
  return CLI::Validator(check, std::to_string(least) + " .. " + std::to_string(most));
}

void add_settings(CLI::App& app, Settings& settings) {
  app.add_option("-w,--workers", settings.workers,
                 "number of workers; 0: the CPUs this process may use")
      ->check(whole(0, 4095))
      ->capture_default_str();
  app.add_flag("-t,--threads", settings.threads, "workers are threads instead of processes");
#ifdef EXAMPLE_HAS_MPI
  app.add_flag("--mpi", settings.mpi, "so many workers on each rank that mpirun has started")
      ->excludes("--threads");
#endif
  auto* const check =
      app.add_flag("--check", settings.check, "compare the result with that of a plain loop");
  app.add_flag("--bench", settings.bench, "measure both pools and what else one would use")
      ->excludes(check);
  app.add_option("--runs", settings.runs, "of each that --bench compares")
      ->check(whole(1, 1000))
      ->capture_default_str();
}

int run(CLI::App& app, int argc, char** argv, const std::function<void()>& program) {
  constexpr int kFailure = 1;
  constexpr int kUsageError = 2;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  try {
    program();
    if (std::cout.flush()) return 0;
    std::cerr << app.get_name() << ": cannot write standard output\n";
  } catch (const std::bad_alloc&) {
    std::cerr << app.get_name() << ": out of memory\n";
  } catch (const std::exception& error) {
    std::cerr << app.get_name() << ": " << error.what() << '\n';
  }
  return kFailure;
}

std::unique_ptr<muster::Executor> make_pool(const Settings& settings) {
  if (settings.threads) {
    return std::make_unique<muster::ThreadPoolExecutor>(
        muster::ThreadPoolOptions{.max_workers = settings.workers});
  }
#ifdef EXAMPLE_HAS_MPI
  if (settings.mpi) {
    return std::make_unique<muster::MpiPoolExecutor>(
        muster::ProcessPoolOptions{.max_workers = settings.workers});
  }
#endif
  return std::make_unique<muster::ProcessPoolExecutor>(
      muster::ProcessPoolOptions{.max_workers = settings.workers});
}

}  // namespace example
