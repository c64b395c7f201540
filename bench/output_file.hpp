#pragma once

#include <string>
#include <string_view>

namespace bench {

// A file that is written when all has been measured.
class OutputFile {
 public:
  // Opens the file now, so that one that cannot be written is known before an hour of measuring.
  // What it holds stays until write(). Throws std::system_error.
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Replaces what the file holds; once. Throws std::system_error.
  void write(std::string_view text);

 private:
  std::string path_;
  int fd_;
};

}  // namespace bench
