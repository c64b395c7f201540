#include "turns.hpp"

#include <string>
#include <thread>
#include <utility>

#include "option_values.hpp"
#include "usage_error.hpp"

namespace muster_tool {

Turns::Turns(std::optional<muster::Duration> interval) : interval_(interval) {
  if (interval_) signals_.emplace();
}

bool Turns::next() {
  const bool first = std::exchange(first_, false);
  if (!first && !interval_) return false;
  if (signals_) return !signals_->wait_for(first ? muster::Duration(kFirstLook) : *interval_);
  std::this_thread::sleep_for(kFirstLook);
  return true;
}

void add_interval(CLI::App& command, std::optional<muster::Duration>& interval) {
  add_duration(command, "--interval", "Print again after so long, until Ctrl-C",
               [&interval](muster::Duration duration) {
                 if (duration < muster::Duration(std::chrono::milliseconds(10))) {
                   throw UsageError("--interval is to be at least 10ms");
                 }
                 interval = duration;
               });
}

}  // namespace muster_tool
