#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include <muster/muster.hpp>

namespace example {

// What every one of these programs can be told.
struct Settings {
  std::size_t workers = 0;  // 0: as many as the CPUs this process may use
  bool threads = false;     // a pool of threads instead of processes
  bool mpi = false;         // processes on the ranks of mpirun
  bool check = false;
  bool bench = false;
  std::size_t runs = 9;  // of each that --bench compares
};

void add_settings(CLI::App& app, Settings& settings);

// For numbers: a whole one in these bounds.
CLI::Validator whole(std::uint64_t least, std::uint64_t most);

// Parses, then calls `program`. The exit code of main(): 2 where the command line makes no sense, 1
// where `program` throws, and 0.
int run(CLI::App& app, int argc, char** argv, const std::function<void()>& program);

// The pool that the command line asks for.
std::unique_ptr<muster::Executor> make_pool(const Settings& settings);

}  // namespace example
