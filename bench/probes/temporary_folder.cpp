#include "bench/probes/temporary_folder.hpp"

#include <stdlib.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace bench {

TemporaryFolder::TemporaryFolder() {
  const char* const given = std::getenv("TMPDIR");
  const std::string parent = given == nullptr || *given == '\0' ? "/tmp" : given;
  std::string pattern = parent + "/muster-bench.XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::system_error(
        errno, std::generic_category(),
        "cannot make a folder for temporary files in " + parent + ", TMPDIR can name another");
  }
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // what cannot be removed is left to the system
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace bench
