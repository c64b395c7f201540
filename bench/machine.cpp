#include "bench/machine.hpp"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <fstream>

#include <boost/version.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>
#ifdef MUSTER_BENCH_TBB
#include <oneapi/tbb/version.h>
#endif

#include <muster/version.hpp>

#include "bench/commit.hpp"
#include "bench/peers/python_peer.hpp"
#include "bench/units.hpp"

namespace bench {

namespace {

std::string processor_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != line.npos) return line.substr(colon + 2);
  }
  return "unknown processor";
}

std::string processors() {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  ::sched_getaffinity(0, sizeof(usable), &usable);
  std::ifstream cpuinfo("/proc/cpuinfo");
  const std::string all((std::istreambuf_iterator<char>(cpuinfo)), {});
  const bool guest = all.find(" hypervisor") != all.npos;
  return fmt::format("{}, {} of {} CPUs usable{}", processor_model(), CPU_COUNT(&usable),
                     ::sysconf(_SC_NPROCESSORS_ONLN), guest ? ", in a virtual machine" : "");
}

std::string memory() {
  const auto bytes =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  return format_value(bytes, Unit::bytes);
}

std::string kernel() {
  utsname name{};
  ::uname(&name);
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::string boost() {
  return fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
                     BOOST_VERSION % 100);
}

std::string tbb() {
#ifdef MUSTER_BENCH_TBB
  return fmt::format("{}.{}", TBB_VERSION_MAJOR, TBB_VERSION_MINOR);
#else
  return "none";
#endif
}

}  // namespace

Facts describe_machine() {
  Facts facts = {{"processor", processors()},
                 {"memory", memory()},
                 {"kernel", kernel()},
                 {"compiler", compiler()},
                 {"build", MUSTER_BENCH_BUILD},
                 {"muster", fmt::format("{}.{}.{}", MUSTER_VERSION_MAJOR, MUSTER_VERSION_MINOR,
                                        MUSTER_VERSION_PATCH)},
                 {"commit", kCommit},
                 {"boost", boost()},
                 {"tbb", tbb()},
                 {"date", fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr)))}};
  if (std::string python = python_version(); !python.empty()) {
    facts.emplace_back("python", std::move(python));
  }
  return facts;
}

std::vector<std::string> doubts() {
  std::vector<std::string> found;
#if !defined(NDEBUG) || !defined(__OPTIMIZE__)
  found.push_back("this build is not optimised: its figures say nothing of Muster's speed");
#endif
  constexpr double kQuiet = 0.5;
  double load = 0;
  if (::getloadavg(&load, 1) == 1 && load > kQuiet) {
    found.push_back(fmt::format("the load is {:.1f}: others use the processors, too", load));
  }
  return found;
}

}  // namespace bench
