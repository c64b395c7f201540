#include "words.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <exception>
#include <fstream>
#include <system_error>
#include <thread>
#include <utility>

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
    throw std::system_error(errno, std::generic_category(),
                            std::string(what) + " '" + file.string() + "'");
  };
  if (!in) fail("cannot open");
  text.clear();
  char block[64 * 1024];
  while (in.read(block, sizeof(block)) || in.gcount() > 0)
    text.append(block, static_cast<std::size_t>(in.gcount()));
  if (in.bad()) fail("cannot read");
}

// Adds the counts of a file, or why it could not be read. What else is thrown ends all.
template <class CountsOfFile>
void add(Result& all, CountsOfFile counts_of_file) {
  try {
    merge(all.counts, counts_of_file());
  } catch (const std::system_error& error) {
    all.errors.push_back(error.what());
  }
}

}  // namespace

Files files_in(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  Files files;
  const auto check = [&files](const fs::path& path, const std::error_code& error) {
    if (error) files.errors.push_back("cannot read '" + path.string() + "': " + error.message());
  };
  std::vector<fs::path> folders{folder};
  while (!folders.empty()) {
    const fs::path current = std::move(folders.back());
    folders.pop_back();
    std::error_code error;
    for (fs::directory_iterator entry(current, error), end; entry != end; entry.increment(error)) {
      std::error_code of_entry;
      if (entry->is_symlink(of_entry)) continue;
      if (entry->is_directory(of_entry)) {
        folders.push_back(entry->path());
      } else if (entry->is_regular_file(of_entry)) {
        files.paths.push_back(entry->path());
      }
      check(entry->path(), of_entry);
    }
    check(current, error);
  }
  std::sort(files.paths.begin(), files.paths.end());
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

Result count(muster::Executor& pool, const std::vector<std::filesystem::path>& files) {
  const auto task = [](const std::filesystem::path& file) {
    // One buffer for all files of a worker.
    return count_file(file, muster::this_worker::local<std::string>());
  };
  Result all;
  // Outcomes, as one file that cannot be read is no reason to leave the others.
  for (const auto& outcome : pool.map_unordered(task, files).outcomes())
    add(all, [&]() -> const Counts& { return outcome.value(); });
  return all;
}

Result count_serially(const std::vector<std::filesystem::path>& files) {
  Result all;
  std::string text;
  for (const auto& file : files) add(all, [&] { return count_file(file, text); });
  return all;
}

Result count_by_threads(const std::vector<std::filesystem::path>& files, std::size_t threads) {
  std::atomic<std::size_t> next = 0;
  std::vector<Result> parts(threads);
  std::vector<std::exception_ptr> failures(threads);
  {
    std::vector<std::jthread> all;
    for (std::size_t i = 0; i < threads; ++i) {
      all.emplace_back([&, i] {
        try {
          std::string text;
          for (std::size_t file = next++; file < files.size(); file = next++)
            add(parts[i], [&] { return count_file(files[file], text); });
        } catch (...) {
          failures[i] = std::current_exception();
        }
      });
    }
  }
  Result all;
  for (std::size_t i = 0; i < threads; ++i) {
    if (failures[i]) std::rethrow_exception(failures[i]);
    merge(all.counts, parts[i].counts);
    all.errors.insert(all.errors.end(), parts[i].errors.begin(), parts[i].errors.end());
  }
  return all;
}

}  // namespace word_count
