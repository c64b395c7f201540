#include "bench/probes/busy_time.hpp"

#include <unistd.h>

#include <array>
#include <fstream>
#include <string>

namespace bench {

double busy_seconds() {
  std::ifstream file("/proc/stat");
  std::string name;
  // The time of guests is in that of users.
  enum { user, nice, system, idle, waiting, interrupts, soft_interrupts, stolen, kFields };
  std::array<double, kFields> ticks{};
  file >> name;
  for (double& each : ticks) file >> each;
  if (!file || name != "cpu") return 0;
  const double busy = ticks[user] + ticks[nice] + ticks[system] + ticks[interrupts] +
                      ticks[soft_interrupts] + ticks[stolen];
  return busy / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace bench
