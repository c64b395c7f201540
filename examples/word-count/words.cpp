#include "words.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace word_count {
namespace {

bool is_of_a_word(unsigned char c) {
  return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char small(unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }

// Reads it into `text`, whose memory is used again.
void read(const std::filesystem::path& file, std::string& text) {
  std::ifstream in(file, std::ios::binary);
  const auto fail = [&](const char* what) {
    throw std::runtime_error(std::string(what) + " '" + file.string() +
                             "': " + std::generic_category().message(errno));
  };
  if (!in) fail("cannot open");
  text.clear();
  char block[64 * 1024];
  while (in.read(block, sizeof(block)) || in.gcount() > 0)
    text.append(block, static_cast<std::size_t>(in.gcount()));
  if (in.bad()) fail("cannot read");
}

}  // namespace

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Counts count_words(std::string_view text) {
  Counts counts;
  std::string word;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_of_a_word(byte)) {
      word += small(byte);
    } else if (!word.empty()) {
      ++counts[word];
      word.clear();
    }
  }
  if (!word.empty()) ++counts[word];
  return counts;
}

Counts count_file(const std::filesystem::path& file, std::string& text) {
  read(file, text);
  return count_words(text);
}

void merge(Counts& all, const Counts& more) {
  for (const auto& [word, count] : more) all[word] += count;
}

Counts count(muster::Executor& pool, const std::vector<std::filesystem::path>& files) {
  const auto task = [](const std::filesystem::path& file) {
    // One buffer for all files of a worker.
    return count_file(file, muster::this_worker::local<std::string>());
  };
  Counts all;
  for (const auto& item : pool.map_unordered(task, files)) merge(all, item.result);
  return all;
}

Counts count_serially(const std::vector<std::filesystem::path>& files) {
  Counts all;
  std::string text;
  for (const auto& file : files) merge(all, count_file(file, text));
  return all;
}

Counts count_by_threads(const std::vector<std::filesystem::path>& files, std::size_t threads) {
  std::atomic<std::size_t> next = 0;
  std::vector<Counts> parts(threads);
  std::vector<std::exception_ptr> errors(threads);
  {
    std::vector<std::jthread> all;
    for (std::size_t i = 0; i < threads; ++i) {
      all.emplace_back([&, i] {
        try {
          std::string text;
          for (std::size_t file = next++; file < files.size(); file = next++)
            merge(parts[i], count_file(files[file], text));
        } catch (...) {
          errors[i] = std::current_exception();
        }
      });
    }
  }
  Counts all;
  for (std::size_t i = 0; i < threads; ++i) {
    if (errors[i]) std::rethrow_exception(errors[i]);
    merge(all, parts[i]);
  }
  return all;
}

}  // namespace word_count
