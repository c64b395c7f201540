#pragma once

#include <string>
#include <vector>

#include "bench/machine.hpp"
#include "bench/scenario.hpp"

namespace bench {

// The results as JSON, every run of every case, for programs that compare and draw. Values are in
// seconds, bytes, counts, and 1/s.
class JsonFile {
 public:
  // Opens the file now, so that one that cannot be written is known before an hour of measuring.
  // What it holds stays until write(). Throws std::system_error.
  explicit JsonFile(const std::string& path);
  ~JsonFile();
  JsonFile(const JsonFile&) = delete;
  JsonFile& operator=(const JsonFile&) = delete;

  // Throws std::system_error.
  void write(const Facts& machine, const Settings& settings,
             const std::vector<ScenarioResult>& results);

 private:
  std::string path_;
  int fd_;
};

}  // namespace bench
