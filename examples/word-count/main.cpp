// word-count FOLDER: how often each word is in the files of a folder, by a pool of workers that
// count a file each; the counts are merged as they come. What cannot be read is named on standard
// error and left out, and the exit code is 1 then, where that of grep -r is 2.
//
// It does not pay for files that have many different words for their length: their counts are
// encoded, decoded and merged, the latter two in one thread, and that is most of the work then.
#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <utility>

#include "bench.hpp"
#include "command_line.hpp"
#include "words.hpp"

namespace word_count {
namespace {

void print(const Counts& counts, std::size_t top) {
  std::vector<std::pair<std::string, std::uint64_t>> words(counts.begin(), counts.end());
  top = std::min(top, words.size());
  std::partial_sort(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(top), words.end(),
                    [](const auto& a, const auto& b) {
                      return a.second != b.second ? a.second > b.second : a.first < b.first;
                    });
  words.resize(top);
  for (const auto& [word, count] : words) std::cout << count << ' ' << word << '\n';
}

// On standard error, a line each.
void tell(const Errors& errors) {
  for (const auto& error : errors) std::cerr << "word-count: " << error << '\n';
}

void count_folder(const example::Settings& settings, const std::string& folder, std::size_t top) {
  const Files files = files_in(folder);
  tell(files.errors);
  const Result result = count(*example::make_pool(settings), files.paths);
  tell(result.errors);
  print(result.counts, top);
  if (settings.check) {
    if (result.counts != count_serially(files.paths).counts)
      throw std::runtime_error("check failed: a plain loop counts other words");
    std::cout << "checked: " << result.counts.size() << " different words in "
              << files.paths.size() - result.errors.size() << " files\n";
  }
  const std::size_t left_out = files.errors.size() + result.errors.size();
  if (left_out != 0)
    throw std::runtime_error("files or folders that are not counted: " + std::to_string(left_out));
}

void bench(const example::Settings& settings, const std::string& folder) {
  const Files files = files_in(folder);
  tell(files.errors);
  std::cout << "words in " << files.paths.size() << " files of " << folder << std::endl;
  example::bench(
      settings, [&](muster::Executor& pool) { count(pool, files.paths); },
      [&](std::size_t workers) {
        return std::vector<example::Contender>{
            {"std::thread", [&files, workers] { count_by_threads(files.paths, workers); }},
            {"plain loop", [&files] { count_serially(files.paths); }}};
      });
}

}  // namespace
}  // namespace word_count

int main(int argc, char** argv) {
  example::Settings settings;
  std::string folder;
  std::size_t top = 10;
  CLI::App app("Counts the words in the files of FOLDER by a pool of workers.", "word-count");
  app.add_option("FOLDER", folder, "with text files, and folders of them")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("-n,--top", top, "how many of the most frequent words to print")
      ->check(example::whole(0, 1'000'000'000))
      ->capture_default_str();
  example::add_settings(app, settings);
  return example::run(app, argc, argv, [&] {
    settings.bench ? word_count::bench(settings, folder)
                   : word_count::count_folder(settings, folder, top);
  });
}
