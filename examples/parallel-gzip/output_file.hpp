#pragma once

#include <filesystem>
#include <string>

#include "byte_sink.hpp"
#include "descriptor.hpp"

namespace parallel_gzip {

// A file that appears under its name once it is complete: bytes go to a temporary file in the
// same folder, which commit() brings to the disk and then renames. Destroyed before that, it
// leaves nothing behind.
class OutputFile : public ByteSink {
 public:
  // mode: the permissions of the finished file. Throws std::runtime_error or std::system_error
  // if the name is taken (unless replace, and it is a regular file) or the folder not writable.
  OutputFile(const std::string& path, bool replace, unsigned mode);
  ~OutputFile() override;

  void write(Bytes bytes) override;
  void commit() override;

 private:
  void rename_into_place();

  const std::filesystem::path path_;
  const std::filesystem::path folder_;
  const bool replace_;
  const unsigned mode_;
  std::string temporary_;  // "" once renamed
  Descriptor fd_;
};

}  // namespace parallel_gzip
