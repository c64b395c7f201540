#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <muster/muster.hpp>

namespace word_count {

using Counts = std::unordered_map<std::string, std::uint64_t>;

// What could not be read: a sentence each, that names it.
using Errors = std::vector<std::string>;

struct Files {
  std::vector<std::filesystem::path> paths;  // sorted
  Errors errors;
};

// The regular files in the folder and those in it. Links below it are not followed, as by grep -r.
Files files_in(const std::filesystem::path& folder);

// A word is letters and digits; capital letters count as small ones, and what is no ASCII as
// letters.
Counts count_words(std::string_view text);

// Of a file. `text` is memory for it. Throws std::system_error that names it.
Counts count_file(const std::filesystem::path& file, std::string& text);

void merge(Counts& all, const Counts& more);

struct Result {
  Counts counts;
  Errors errors;  // in no order
};

// A task for each file. Its counts travel back to be merged here, in one thread.
Result count(muster::Executor& pool, const std::vector<std::filesystem::path>& files);

// The same in a plain loop, and by threads that take file after file.
Result count_serially(const std::vector<std::filesystem::path>& files);
Result count_by_threads(const std::vector<std::filesystem::path>& files, std::size_t threads);

}  // namespace word_count
