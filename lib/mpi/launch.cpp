#include "lib/mpi/launch.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include <muster/error.hpp>

namespace muster::detail {

namespace {

std::optional<int> number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  int number = 0;
  const char* const end = text + std::strlen(text);
  const auto [parsed, error] = std::from_chars(text, end, number);
  if (error != std::errc{} || parsed != end || number < 0) return std::nullopt;
  return number;
}

struct Variables {
  const char* rank;
  const char* ranks;
};

// SLURM_ variables alone do not tell: they are there in a job's script, too, which no MPI started.
constexpr Variables kLaunchers[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    {"PMI_RANK", "PMI_SIZE"},
    {"PMIX_RANK", "SLURM_NTASKS"},
};

constexpr const char* kMark = "MUSTER_MPI_PROCESS";

// Which job of which launcher: one that a rank's child starts has another. MPICH's mpirun does not
// say.
std::string job() {
  std::string all;
  for (const char* const variable :
       {"PMIX_NAMESPACE", "OMPI_MCA_orte_hnp_uri", "SLURM_JOB_ID", "SLURM_STEP_ID"}) {
    const char* const value = std::getenv(variable);
    if (value != nullptr) all += std::string(value) + ";";
  }
  return all;
}

std::string mark_of_this_process() { return std::to_string(::getpid()) + " " + job(); }

bool was_started_by_a_rank() {
  const char* const text = std::getenv(kMark);
  if (text == nullptr) return false;
  const std::string mark = text;
  const std::size_t space = mark.find(' ');
  if (space == std::string::npos) return false;  // nobody's
  return mark != mark_of_this_process() && mark.substr(space + 1) == job();
}

}  // namespace

void mark_launched_process() {
  if (launch_of_this_process().ranks > 1) ::setenv(kMark, mark_of_this_process().c_str(), 1);
}

Launch launch_of_this_process() {
  if (was_started_by_a_rank()) return {};
  for (const Variables& launcher : kLaunchers) {
    const auto rank = number_in(launcher.rank);
    const auto ranks = number_in(launcher.ranks);
    if (rank && ranks && *rank < *ranks) return {*rank, *ranks};
  }
  return {};
}

std::int64_t silence_limit_ns() {
  constexpr double kMostSeconds = 1e6;
  const char* const text = std::getenv("MUSTER_MPI_SILENCE");
  if (text == nullptr || *text == '\0') return kUsualSilenceNs;
  double seconds = 0;
  const char* const end = text + std::strlen(text);
  const auto [parsed, error] = std::from_chars(text, end, seconds);
  if (error != std::errc{} || parsed != end || !(seconds >= 0) || seconds > kMostSeconds) {
    throw InvalidArgumentError(std::string("MUSTER_MPI_SILENCE is \"") + text +
                               "\" in the environment; it is the seconds after which a rank of "
                               "which nothing is heard is lost, or 0: never");
  }
  return static_cast<std::int64_t>(seconds * 1e9);
}

}  // namespace muster::detail
