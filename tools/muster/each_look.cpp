#include "each_look.hpp"

#include <utility>

#include <fmt/format.h>

#include "open_pool.hpp"
#include "output.hpp"
#include "pool_option.hpp"
#include "text.hpp"
#include "turns.hpp"

namespace muster_tool {

void add_repeated(CLI::App& command, RepeatedOptions& options) {
  add_pool(command, options.pool)->required();
  add_common(command, options);
  add_interval(command, options.interval);
}

ExitCode at_each_look(const RepeatedOptions& options,
                      const std::function<std::string(const Look&)>& text) {
  Turns turns(options.interval);
  muster::PoolInspector inspector = open_pool(options.pool, options.inspect());
  muster::PoolInfo before = inspector.look();
  const Layout layout = turns.repeats() ? Layout::line : Layout::page;
  for (bool first = true; turns.next(); first = false) {
    const bool last = !inspector.alive();
    muster::PoolInfo now = inspector.look();
    const std::string page = text({inspector, before, now, layout});
    const ExitCode code = print(first || options.json ? page : "\n" + page);
    if (code != ExitCode::fine) return code;
    if (last && turns.repeats()) {
      complain(fmt::format("pool \"{}\" has ended", printable(now.name)));
      return ExitCode::fine;
    }
    before = std::move(now);
  }
  return ExitCode::fine;
}

}  // namespace muster_tool
