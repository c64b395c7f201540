#include <fmt/format.h>

#include "choice.hpp"
#include "commands.hpp"
#include "json.hpp"
#include "notes.hpp"
#include "output.hpp"
#include "page.hpp"

namespace muster_tool {

ExitCode show_pool(const std::string& words, bool json) {
  const muster::detail::Survey survey = muster::detail::survey_pools();
  if (survey.error) {
    complain(fmt::format("cannot list the processes in /proc: {}", survey.error.message()));
    return ExitCode::failed;
  }
  const Choice choice = choose_pool(survey, words);
  if (choice.pool == nullptr) {
    complain(choice.sentence);
    // It may be one that cannot be seen.
    if (choice.exit_code == ExitCode::no_such_pool) tell_hidden(survey);
    return choice.exit_code;
  }
  if (json) return print(pool_document(*choice.pool));
  return print(pool_page(*choice.pool));
}

}  // namespace muster_tool
