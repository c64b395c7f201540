#include "tools/scaling/measure/machine_facts.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <stdexcept>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <muster/version.hpp>

namespace scaling {

namespace {

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  std::string model = "unknown processor";
  bool guest = false;
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != line.npos) model = line.substr(colon + 2);
    guest |= line.find(" hypervisor") != line.npos;
  }
  return fmt::format("{}, {} CPUs{}", model, ::sysconf(_SC_NPROCESSORS_ONLN),
                     guest ? ", in a virtual machine" : "");
}

}  // namespace

nlohmann::json machine_facts(const std::vector<std::string>& more) {
  utsname system{};
  ::uname(&system);
  nlohmann::json facts = {
      {"processor", processor()},
      {"kernel", fmt::format("{} {} {}", system.sysname, system.release, system.machine)},
      {"compiler", "g++ " __VERSION__},
      {"build", MUSTER_SCALING_BUILD},
      {"muster",
       fmt::format("{}.{}.{}", MUSTER_VERSION_MAJOR, MUSTER_VERSION_MINOR, MUSTER_VERSION_PATCH)},
      {"date", fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr)))}};
  for (const std::string& fact : more) {
    const auto equals = fact.find('=');
    if (equals == fact.npos || equals == 0) {
      throw std::runtime_error(fmt::format("--fact {} is not NAME=VALUE", fact));
    }
    facts[fact.substr(0, equals)] = fact.substr(equals + 1);
  }
  return facts;
}

}  // namespace scaling
