// muster-worker: hosts the tasks of libraries for the pools of programs that do not contain them.
//
// A pool with ProcessPoolOptions::modules starts it (lib/start/spawn.hpp); it opens the modules and
// becomes the pool's supervisor. Started by hand it says what tasks they have.

#include <getopt.h>

#include <algorithm>
#include <array>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <muster/error.hpp>
#include <muster/version.hpp>

#include "lib/codec/task_registry.hpp"
#include "lib/start/host.hpp"
#include "lib/start/spawn.hpp"
#include "lib/start/task_modules.hpp"

namespace {

// Scripts depend on the numbers.
enum class ExitCode { fine = 0, module = 1, usage = 2 };

constexpr std::string_view kHelp =
    R"(Usage: muster-worker --module FILE [--module FILE ...] --list
Hosts the tasks of shared libraries (MUSTER_TASK) for the process pools of programs that do not
contain their code. A pool with ProcessPoolOptions::modules starts it; by hand it tells what tasks
the libraries have.

  -m, --module FILE  open this shared library; may be given several times
  -l, --list         print the tasks of the modules, each with its signature
  -h, --help         print this and exit
      --version      print the version and exit

Exit codes: 0 fine, 1 a module cannot be used, 2 usage.
)";

struct CommandLine {
  std::vector<std::string> modules;
  bool list = false;
  bool help = false;
  bool version = false;
};

ExitCode complain(std::string_view sentence, ExitCode code) {
  std::cerr << "muster-worker: " << sentence << '\n';
  return code;
}

ExitCode print(std::string_view text) {
  std::cout << text << std::flush;
  return std::cout ? ExitCode::fine
                   : complain("standard output cannot be written", ExitCode::module);
}

// False: getopt has said what is wrong.
bool parse(int argc, char** argv, CommandLine& given) {
  constexpr int kVersion = 256;  // no letter
  constexpr std::array<option, 5> kOptions{{{"module", required_argument, nullptr, 'm'},
                                            {"list", no_argument, nullptr, 'l'},
                                            {"help", no_argument, nullptr, 'h'},
                                            {"version", no_argument, nullptr, kVersion},
                                            {nullptr, 0, nullptr, 0}}};
  while (true) {
    switch (::getopt_long(argc, argv, "m:lh", kOptions.data(), nullptr)) {
      case -1: return true;
      case 'm': given.modules.emplace_back(optarg); break;
      case 'l': given.list = true; break;
      case 'h': given.help = true; break;
      case kVersion: given.version = true; break;
      default: return false;
    }
  }
}

// The tasks of each file, with their signatures side by side.
std::string list_of(const std::vector<muster::detail::OfferedTask>& tasks) {
  std::size_t widest = 0;
  for (const auto& task : tasks) widest = std::max(widest, task.identity.name.size());
  std::string text;
  const std::string* file = nullptr;
  for (const auto& task : tasks) {
    if (file == nullptr || *file != task.file) text += task.file + ":\n";
    file = &task.file;
    const std::string& name = task.identity.name;
    text += "  " + name + std::string(widest - name.size() + 2, ' ') +
            muster::detail::signature_text(task.identity.signature) + "\n";
  }
  return text;
}

ExitCode run(int argc, char** argv) {
  // Before any library's code runs: none is to see it in its environment.
  const int socket = muster::detail::take_spawned_socket();
  CommandLine given;
  if (!parse(argc, argv, given)) {
    return complain("\"muster-worker --help\" says how it is used", ExitCode::usage);
  }
  if (given.help) return print(kHelp);
  if (given.version) return print("muster-worker " MUSTER_VERSION "\n");
  if (optind < argc) {
    return complain(std::string("\"") + argv[optind] + "\" is no option; a library is given by " +
                        "--module " + argv[optind],
                    ExitCode::usage);
  }
  if (given.modules.empty()) {
    return complain(
        "say which libraries to open, by --module FILE; \"muster-worker --help\" says "
        "more",
        ExitCode::usage);
  }
  if (socket >= 0) muster::detail::host_tasks(socket, given.modules);
  if (!given.list) {
    return complain(
        "it is started by a pool with ProcessPoolOptions::modules, which tells it what to run; by "
        "hand it can --list the tasks of a module",
        ExitCode::usage);
  }
  muster::detail::open_task_modules(
      given.modules, {[](const std::string&) {},
                      [](const std::string& sentence) { complain(sentence, ExitCode::module); }});
  return print(list_of(muster::detail::offered_tasks()));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const std::exception& error) {
    return static_cast<int>(complain(error.what(), ExitCode::module));
  }
}
