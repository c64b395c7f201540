#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace prove {

// The errors that a system call may well fail with; none for those that are left alone.
std::vector<std::string_view> plausible_errors(std::string_view call);

// Whether a call that fails so may fail so from then on, each time: a limit that is reached, a call
// that this kernel does not have. Not what passes, as EINTR.
bool may_last(std::string_view call, std::string_view error);

// Why it is left alone; nothing for a call that is not, or that nobody has thought about yet.
std::optional<std::string_view> why_not_failed(std::string_view call);

}  // namespace prove
