#include "bench/json_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include <nlohmann/json.hpp>

#include "bench/comparison.hpp"
#include "bench/peers/peers.hpp"
#include "bench/statistics.hpp"

namespace bench {

namespace {

using Json = nlohmann::ordered_json;

std::string_view better_name(const Metric& metric) {
  return metric.more_is_better ? "higher" : "lower";
}

Json case_json(const ScenarioResult& result, const CaseResult& one) {
  Json json = {{"label", one.cell.label()},
               {"peer", one.cell.peer},
               {"peer_title", title_of(one.cell.peer)},
               {"workers", one.cell.workers},
               {"variant", one.cell.variant},
               {"size", one.cell.size},
               {"payload_bytes", one.cell.payload},
               {"threads", one.cell.threads},
               {"heat", one.cell.cold ? "cold" : "hot"},
               {"x", Json::object()}};
  if (!one.cell.axis.empty()) json["x"][one.cell.axis] = one.cell.x();
  if (!one.cell.missing.empty()) json["missing"] = one.cell.missing;
  if (!one.failure.empty()) json["failure"] = one.failure;
  for (const Metric& metric : result.metrics) {
    const auto found = one.values.find(metric.key);
    if (found == one.values.end() || found->second.empty()) continue;
    const Spread spread = spread_of(found->second);
    json["values"][metric.key] = {{"median", spread.median},
                                  {"lower_quartile", spread.lower},
                                  {"upper_quartile", spread.upper},
                                  {"runs", found->second}};
    if (const auto comparison = compare_with_process_pool(result, one, metric)) {
      json["values"][metric.key]["against_process_pool"] = {
          {"label", comparison->with->cell.label()},
          {"ratio", comparison->ratio},
          {"real", comparison->real}};
    }
  }
  return json;
}

Json scenario_json(const ScenarioResult& result) {
  Json json = {{"name", result.name}, {"summary", result.summary}};
  for (const Metric& metric : result.metrics) {
    json["metrics"][metric.key] = {{"title", metric.title},
                                   {"unit", unit_name(metric.unit)},
                                   {"more_is_better", metric.more_is_better},
                                   {"better", better_name(metric)}};
    if (!metric.heat.empty()) json["metrics"][metric.key]["heat"] = metric.heat;
  }
  for (const CaseResult& one : result.cases) {
    json["cases"].push_back(case_json(result, one));
  }
  json["notes"] = result.notes;
  return json;
}

[[noreturn]] void throw_errno(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), "cannot write " + path);
}

}  // namespace

JsonFile::JsonFile(const std::string& path)
    : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666)) {
  if (fd_ < 0) throw_errno(path_);
}

JsonFile::~JsonFile() {
  if (fd_ >= 0) ::close(fd_);
}

void JsonFile::write(const Facts& machine, const Settings& settings,
                     const std::vector<ScenarioResult>& results) {
  Json json;
  for (const auto& [name, value] : machine) json["machine"][name] = value;
  json["settings"] = {{"runs", settings.runs},
                      {"quick", settings.quick},
                      {"workers", settings.workers},
                      {"tasks", settings.many_tasks},
                      {"peers", settings.peers}};
  for (const ScenarioResult& result : results) json["scenarios"].push_back(scenario_json(result));
  const std::string text = json.dump(2) + '\n';

  struct stat status {};
  const bool regular = ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
  if (regular && ::ftruncate(fd_, 0) != 0) throw_errno(path_);
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(fd_, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_errno(path_);
    done += static_cast<std::size_t>(written);
  }
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0) throw_errno(path_);
}

}  // namespace bench
