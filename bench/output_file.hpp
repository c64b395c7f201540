#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

// A file that is written when all has been measured.
class OutputFile {
 public:
  // Finds out now whether it can be written, before an hour of measuring, and leaves nothing
  // behind. Throws std::system_error.
  explicit OutputFile(const std::string& path);

  // Puts the text in the place of what the file holds, all of it or nothing: it is written to a
  // file beside it, which then takes its name. What is no regular file (a pipe, /dev/stdout) is
  // written to as it is. Throws std::system_error.
  void write(std::string_view text) const;

  const std::string& name() const { return name_; }

 private:
  std::string name_;            // as it was given
  std::filesystem::path path_;  // behind symbolic links
  bool regular_;                // or not there yet
};

// Writes what `make_text` gives to the file. Where either fails, adds why to `failures` and returns
// false, so that other files are written all the same.
bool try_to_write(const OutputFile& file, const std::function<std::string()>& make_text,
                  std::vector<std::string>& failures);

}  // namespace bench
