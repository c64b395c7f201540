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

// The regular files in the folder and those in it, in the order of their names. Throws
// std::filesystem::filesystem_error.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder);

// A word is letters and digits; capital letters count as small ones, and what is no ASCII as
// letters.
Counts count_words(std::string_view text);

// Of a file. `text` is memory for it. Throws std::runtime_error that names it.
Counts count_file(const std::filesystem::path& file, std::string& text);

void merge(Counts& all, const Counts& more);

// A task for each file.
Counts count(muster::Executor& pool, const std::vector<std::filesystem::path>& files);

// The same in a plain loop, and by threads that take file after file.
Counts count_serially(const std::vector<std::filesystem::path>& files);
Counts count_by_threads(const std::vector<std::filesystem::path>& files, std::size_t threads);

}  // namespace word_count
