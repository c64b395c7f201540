#include "steps/fate.hpp"

#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <muster/error.hpp>

#include "lib/common/deadline.hpp"
#include "support/failure.hpp"

namespace steps {

namespace {

// The seconds in "(task 7) for 1.2 ms"; nothing where they are not told.
std::optional<double> seconds_in(std::string_view sentence) {
  constexpr std::string_view kBefore = ") for ";
  const auto at = sentence.find(kBefore);
  if (at == sentence.npos) return std::nullopt;
  const std::string rest(sentence.substr(at + kBefore.size(), 40));
  char* unit = nullptr;
  const double number = std::strtod(rest.c_str(), &unit);
  const std::string_view name(unit);
  if (unit == rest.c_str() || number < 0) return std::nullopt;
  if (name.starts_with(" ns")) return number * 1e-9;
  if (name.starts_with(" us")) return number * 1e-6;
  if (name.starts_with(" ms")) return number * 1e-3;
  if (name.starts_with(" s")) return number;
  return std::nullopt;
}

std::string wrong_with_sentence(const std::string& sentence, const Fate& fate) {
  const std::string task = fmt::format("(task {}", fate.id);
  if (sentence.find(task) == sentence.npos) {
    return fmt::format("the error does not name task {}: {}", fate.id, sentence);
  }
  const auto ran = seconds_in(sentence);
  if (!ran) return fmt::format("the error does not say for how long the task ran: {}", sentence);
  // A tenth and a millisecond for the clock of ticks.
  const auto since = static_cast<double>(muster::detail::monotonic_ns() - fate.submitted_ns) * 1e-9;
  if (*ran > since * 1.1 + 1e-3) {
    return fmt::format(
        "the error says that the task ran longer than the {:.6f} s since it was"
        " submitted: {}",
        since, sentence);
  }
  return "";
}

}  // namespace

std::string wrong_with_death(const std::exception_ptr& error, const Fate& fate) {
  try {
    std::rethrow_exception(error);
  } catch (const muster::WorkerDiedError& died) {
    if (fate.worker == 0) return fmt::format("a worker died that nobody killed: {}", died.what());
    if (!fate.dies) return fmt::format("it failed though it was not running: {}", died.what());
    if (died.worker_pid() != fate.worker) {
      return fmt::format("the error names process {} and not {}, which was killed: {}",
                         died.worker_pid(), fate.worker, died.what());
    }
    if (died.term_signal() != SIGKILL) {
      return fmt::format("the error does not say SIGKILL: {}", died.what());
    }
    if (died.task_name() != fate.name) {
      return fmt::format("the error names task \"{}\" and not \"{}\"", died.task_name(), fate.name);
    }
    return wrong_with_sentence(died.what(), fate);
  } catch (...) {
    return fmt::format("it ended with {}", test_support::describe(std::current_exception()));
  }
}

}  // namespace steps
