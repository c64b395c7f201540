#pragma once

#include <optional>

#include <muster/duration.hpp>

#include "session.hpp"
#include "tools/muster/exit_code.hpp"

namespace muster_tool::top {

enum class Form { text, text_in_ascii, json };

// Prints what the first screen would show: once, or at an interval until Ctrl-C or the pool's end.
// Throws what Session does.
ExitCode print_pages(const Options& options, Form form, std::optional<muster::Duration> interval);

}  // namespace muster_tool::top
