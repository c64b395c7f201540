#pragma once

#include <string>

#include "exit_code.hpp"
#include "lib/inspect/survey.hpp"

namespace muster_tool {

// Sentences about what cannot be seen.

// "4711 (myprogram)".
std::string describe(const muster::detail::ProcessInfo& process);

std::string describe(const muster::detail::SkippedPool& skipped);
ExitCode exit_code_of(muster::detail::LoadError error);
// For programs: one or two words.
std::string_view word(muster::detail::LoadError error);

// Complains of every skipped pool and of processes that cannot be looked into.
void tell_unseen(const muster::detail::Survey& survey);
void tell_hidden(const muster::detail::Survey& survey);

}  // namespace muster_tool
