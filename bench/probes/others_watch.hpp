#pragma once

#include <chrono>
#include <string>

namespace bench {

// How much processor time others use from the construction on: all that the system has accounted
// for (/proc/stat), less what this process and the children that it has waited for used.
class OthersWatch {
 public:
  OthersWatch();

  // "others used 12% of the processors ..." where that is more than some per cent; "": it is not,
  // or the system does not say.
  std::string doubt() const;

 private:
  std::chrono::steady_clock::time_point begun_;
  double all_;
  double own_;
};

}  // namespace bench
