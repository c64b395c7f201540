// What muster-bench reads of other programs, and of itself in other processes: any text is figures,
// a cell or counts, or a sentence that says why it is not. The first byte says which.

#include <stdlib.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/clean_text.hpp"
#include "bench/sample.hpp"
#include "bench/scenario.hpp"
#include "bench/strace.hpp"
#include "fuzz/memory_file.hpp"
#include "fuzz/require.hpp"

namespace fuzz {
namespace {

// What `read` gives, or nothing where it says that this is nothing.
template <class Read>
auto read(const Read& read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const bench::MeasurementError& error) {
    require(!std::string_view(error.what()).empty(), "a sentence says why");
    return std::nullopt;
  }
}

void sample(std::string_view text) {
  const auto sample = read([&] { return bench::Sample::from_text(text); });
  if (!sample) return;
  for (const auto& [key, value] : sample->values()) {
    require(std::isfinite(value), "a figure is a number");
  }
  const auto again = read([&] { return bench::Sample::from_text(sample->to_text()); });
  require(again && again->values() == sample->values(), "figures are the same in another process");
}

void cell(std::string_view text) {
  const auto cell = read([&] { return bench::Cell::from_text(text); });
  if (!cell) return;
  const std::string same = cell->to_text();
  const auto again = read([&] { return bench::Cell::from_text(same); });
  require(again && again->to_text() == same, "a cell is the same in another process");
}

// A table of `strace -c`.
void counts(std::string_view text) {
  static const MemoryFile file;
  file.set(text.data(), text.size());
  read([&] { return bench::read_counts(file.path()); });
}

// Gone with the program.
class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "muster-fuzz.XXXXXX";
    require(::mkdtemp(name.data()) != nullptr, "a folder can be made");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Logs of `strace -ff`, of two threads, with a NUL between.
void logs(std::string_view text) {
  static const Folder folder;
  const std::size_t end = std::min(text.find('\0'), text.size());
  std::ofstream(folder.path() / "log.17") << text.substr(0, end);
  std::ofstream(folder.path() / "log.18") << text.substr(end);
  const auto logs = read([&] { return bench::read_logs(folder.path()); });
  if (!logs) return;
  for (const auto& [thread, calls] : *logs) {
    require(thread == 17 || thread == 18, "calls are of threads that there are");
    require(bench::total(calls) <= text.size(), "a call takes a line");
  }
}

void words(std::string_view text) {
  const std::string clean = bench::clean_text(text);
  require(bench::clean_text(clean) == clean, "what is clean stays as it is");
}

constexpr std::array kReaders{&sample, &cell, &counts, &logs, &words};

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  fuzz::kReaders[data[0] % fuzz::kReaders.size()](text);
  return 0;
}
