#include "compress.hpp"

#include <algorithm>
#include <chrono>
#include <ranges>
#include <thread>

#include <muster/muster.hpp>
#ifdef EXAMPLE_HAS_MPI
#include <muster/mpi.hpp>
#endif

#include "deflate_block.hpp"
#include "gzip_writer.hpp"

namespace parallel_gzip {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// What stays in memory: read, in a worker, or deflated but not yet written.
constexpr std::size_t kBlocksPerWorker = 4;

std::size_t dictionary_size(std::size_t block) { return block == 0 ? 0 : kDictionarySize; }

Run compress_with(muster::Executor& pool, std::size_t workers, const muster::TaskOptions& task,
                  int level, BlockReader& reader, ByteSink& sink, Progress& progress,
                  std::uint64_t mark, Clock::time_point start) {
  const muster::MapOptions options{
      .chunksize = 1, .buffersize = kBlocksPerWorker * workers, .task = task};
  const auto dictionary_sizes =
      std::views::iota(std::size_t{0}) | std::views::transform(dictionary_size);

  Run run{.workers = workers};
  GzipWriter writer(sink);
  for (const DeflatedBlock& block : pool.map(options, Deflate{level}, reader, dictionary_sizes)) {
    writer.append(block);
    progress.update(writer.input_bytes());
    if (run.mark_seconds == 0 && writer.input_bytes() >= mark) {
      run.mark_seconds = seconds_since(start);
    }
  }
  writer.finish();
  run.seconds = seconds_since(start);
  if (run.mark_seconds == 0) run.mark_seconds = run.seconds;  // the file was shorter
  run.input_bytes = writer.input_bytes();
  run.output_bytes = writer.output_bytes();
  return run;
}

}  // namespace

Run compress(const Options& options, std::size_t workers, BlockReader& reader, ByteSink& sink,
             Progress& progress, std::uint64_t mark) {
  const auto start = Clock::now();
  muster::TaskOptions task{.name = "deflate"};
  if (options.threads) {
    // The pool starts its threads as they are needed: their number is to be known before.
    if (workers == 0) workers = std::max(1u, std::thread::hardware_concurrency());
    muster::ThreadPoolExecutor pool({.max_workers = workers, .name = "parallel-gzip"});
    return compress_with(pool, workers, task, options.level, reader, sink, progress, mark, start);
  }
  // A block can be deflated again, so a worker that dies costs no more than that.
  task.retries = 2;
  const muster::ProcessPoolOptions pool_options{.max_workers = workers,
                                                .name = "parallel-gzip",
                                                .on_worker_death = muster::OnWorkerDeath::replace};
#ifdef EXAMPLE_HAS_MPI
  if (options.mpi) {
    muster::MpiPoolExecutor pool(pool_options);
    return compress_with(pool, pool.stats().workers.size(), task, options.level, reader, sink,
                         progress, mark, start);
  }
#endif
  muster::ProcessPoolExecutor pool(pool_options);
  return compress_with(pool, pool.stats().workers.size(), task, options.level, reader, sink,
                       progress, mark, start);
}

}  // namespace parallel_gzip
