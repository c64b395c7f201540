#include <fmt/format.h>

#include "commands.hpp"
#include "json.hpp"
#include "notes.hpp"
#include "output.hpp"
#include "page.hpp"

namespace muster_tool {

ExitCode list_pools(bool json) {
  const muster::detail::Survey survey = muster::detail::survey_pools();
  if (survey.error) {
    complain(fmt::format("cannot list the processes in /proc: {}", survey.error.message()));
    return ExitCode::failed;
  }
  tell_unseen(survey);
  if (json) return print(list_document(survey));
  if (survey.pools.empty()) {
    complain("this user has no pools that can be seen");
    return ExitCode::fine;
  }
  return print(list_page(survey));
}

}  // namespace muster_tool
