#pragma once

#include <string>

#include "exit_code.hpp"
#include "lib/inspect/survey.hpp"

namespace muster_tool {

// The pool that is meant, or why there is none.
struct Choice {
  const muster::detail::PoolPicture* pool = nullptr;
  ExitCode exit_code = ExitCode::fine;
  std::string sentence;
};

// `words` is a pool's name or the pid of any of its processes. Good as long as the survey is.
Choice choose_pool(const muster::detail::Survey& survey, const std::string& words);

}  // namespace muster_tool
