#include "lib/start/worker_program.hpp"

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <vector>

#include <muster/error.hpp>

namespace muster::detail {

namespace {

namespace fs = std::filesystem;

// As PATH, it does not count in a program that has more rights than its user (secure_getenv).
constexpr const char* kVariable = "MUSTER_WORKER";
constexpr const char* kName = "muster-worker";

// 0: it can be run.
int error_of(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EACCES;
  return ::access(file.c_str(), X_OK) == 0 ? 0 : errno;
}

// The folder of the library, or of the program that it is linked into.
fs::path own_folder() {
  std::error_code ignored;  // then it is looked for elsewhere
  Dl_info info{};
  const bool found = ::dladdr(reinterpret_cast<const void*>(&worker_program), &info) != 0;
  const fs::path file = found && info.dli_fname != nullptr ? info.dli_fname : "";
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  // A program is there under the name by which it was called.
  if (file.extension() != ".so" && file.string().find(".so.") == std::string::npos) {
    return program.parent_path();
  }
  return fs::canonical(file, ignored).parent_path();
}

std::vector<fs::path> places() {
  std::vector<fs::path> all;
  if (const fs::path folder = own_folder(); !folder.empty()) {
    all.push_back((folder / MUSTER_BIN_FROM_LIB / kName).lexically_normal());
    all.push_back(folder / kName);
  }
  const char* const path = ::secure_getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    // An empty one would be the working directory.
    if (!folder.empty()) all.push_back(fs::path(folder) / kName);
  }
  return all;
}

}  // namespace

std::string worker_program() {
  if (const char* const given = ::secure_getenv(kVariable); given != nullptr && *given != '\0') {
    if (const int error = error_of(given); error != 0) {
      throw Error(
          std::string(kVariable) + " is \"" + given +
          "\" in the environment, which cannot be run: " + std::generic_category().message(error));
    }
    return given;
  }
  std::string looked;
  for (const fs::path& place : places()) {
    if (error_of(place) == 0) return place.string();
    looked += (looked.empty() ? "" : ", ") + place.string();
  }
  throw Error(std::string("muster-worker, which runs the tasks of ProcessPoolOptions::modules, is "
                          "in none of the places where it is looked for (") +
              looked + "); install it with Muster, or say where it is by " + kVariable +
              " in the environment");
}

}  // namespace muster::detail
