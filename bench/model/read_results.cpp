#include "bench/model/read_results.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "bench/clean_text.hpp"

namespace bench {

namespace {

using Json = nlohmann::ordered_json;

// What is wrong with a file that is JSON, for a sentence about it.
class WrongShape : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

[[noreturn]] void throw_wrong(const char* key) {
  throw WrongShape(fmt::format("\"{}\" is not what it should be", key));
}

const Json& member(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end())
    throw WrongShape(fmt::format("there is no \"{}\" where one belongs", key));
  return *found;
}

template <class T>
T value(const Json& json, const char* key) {
  try {
    return member(json, key).get<T>();
  } catch (const Json::exception&) {
    throw_wrong(key);
  }
}

template <class T>
T value_or(const Json& json, const char* key, T otherwise) {
  return json.contains(key) ? value<T>(json, key) : otherwise;
}

// Lists and objects may be left out.
const Json& list(const Json& json, const char* key) {
  static const Json none = Json::array();
  if (!json.contains(key)) return none;
  if (!json[key].is_array()) throw_wrong(key);
  return json[key];
}

const Json& object(const Json& json, const char* key) {
  static const Json none = Json::object();
  if (!json.contains(key)) return none;
  if (!json[key].is_object()) throw_wrong(key);
  return json[key];
}

std::vector<std::string> texts(const Json& json, const char* key) {
  return value_or<std::vector<std::string>>(json, key, {});
}

// Numbers that are measured, set or counted lie in here; beyond they are no doing of muster-bench.
constexpr double kLeastMeasured = 1e-18;
constexpr double kMostMeasured = 1e18;
constexpr std::uint64_t kMostWorkers = 65'535;
constexpr std::uint64_t kMostCounted = std::uint64_t{1} << 53;  // a double tells them apart so far
constexpr std::array<std::string_view, 4> kAxes = {"tasks", "workers", "threads", "payload_bytes"};

double measured(const Json& json, const char* key) {
  if (!json.is_number()) throw_wrong(key);
  const auto number = json.get<double>();
  if (number == 0 || (number >= kLeastMeasured && number <= kMostMeasured)) return number;
  throw WrongShape(fmt::format("\"{}\" is {}, and neither 0 nor from {} to {}", key, number,
                               kLeastMeasured, kMostMeasured));
}

std::uint64_t whole(const Json& json, const char* key, std::uint64_t least, std::uint64_t most) {
  if (!json.is_number()) throw_wrong(key);
  if (json.is_number_unsigned() && json >= least && json <= most) return json.get<std::uint64_t>();
  throw WrongShape(fmt::format("\"{}\" is {}, and no whole number from {} to {}", key, json.dump(),
                               least, most));
}

// "" where there is none and there need be none.
std::string heat(const Json& json) {
  std::string text = value_or<std::string>(json, "heat", "");
  if (!json.contains("heat") || text == "hot" || text == "cold") return text;
  throw WrongShape(fmt::format("\"heat\" is \"{}\", and neither hot nor cold", text));
}

// Says of what goes wrong in `read` where it is: `what` is no more than made up when it is needed.
template <class What, class Read>
auto in_context(const What& what, const Read& read) {
  try {
    return read();
  } catch (const WrongShape& error) {
    throw WrongShape(fmt::format("{}: {}", what(), error.what()));
  }
}

Unit unit_named(const std::string& name) {
  for (const Unit unit :
       {Unit::per_second, Unit::bytes_per_second, Unit::seconds, Unit::bytes, Unit::count}) {
    if (name == unit_name(unit)) return unit;
  }
  throw WrongShape(fmt::format("there is no unit \"{}\"", name));
}

void require_between(double number, double least, double most, const char* what,
                     const char* where) {
  // Quartiles lie between two runs, and are rounded.
  constexpr double kRounding = 1e-9;
  if (number >= least * (1 - kRounding) && number <= most * (1 + kRounding)) return;
  throw WrongShape(
      fmt::format("the {} {} is not {}, which are {} and {}", what, number, where, least, most));
}

Figure read_figure(const Json& json) {
  Figure figure;
  Spread& spread = figure.spread;
  spread.median = measured(member(json, "median"), "median");
  spread.lower = measured(member(json, "lower_quartile"), "lower_quartile");
  spread.upper = measured(member(json, "upper_quartile"), "upper_quartile");
  for (const Json& run : list(json, "runs")) figure.runs.push_back(measured(run, "runs"));
  if (figure.runs.empty()) throw WrongShape("there are no \"runs\" where some belong");
  const auto [least, most] = std::minmax_element(figure.runs.begin(), figure.runs.end());
  constexpr auto kQuartiles = "between its quartiles";
  constexpr auto kRuns = "between the least and the greatest of its runs";
  require_between(spread.median, spread.lower, spread.upper, "median", kQuartiles);
  require_between(spread.median, *least, *most, "median", kRuns);
  require_between(spread.lower, *least, *most, "first quartile", kRuns);
  require_between(spread.upper, *least, *most, "third quartile", kRuns);
  return figure;
}

// The parameter that varies, and where on it.
void read_place(const Json& json, CaseRow& row) {
  const Json& place = object(json, "x");
  if (place.size() > 1) throw WrongShape("\"x\" has more than one parameter that varies");
  for (const auto& [axis, x] : place.items()) {
    if (std::find(kAxes.begin(), kAxes.end(), axis) == kAxes.end()) {
      throw WrongShape(
          fmt::format("\"x\" has \"{}\", which is none of {}", axis, fmt::join(kAxes, ", ")));
    }
    row.axis = axis;
    row.x = static_cast<double>(whole(x, "x", 0, kMostCounted));
  }
}

CaseRow read_case(const Json& json) {
  CaseRow row;
  const auto counted = [&](const char* key, std::uint64_t least, std::uint64_t most) {
    return whole(member(json, key), key, least, most);
  };
  row.peer = value<std::string>(json, "peer");
  row.peer_title = value_or<std::string>(json, "peer_title", row.peer);
  row.workers = counted("workers", 0, kMostWorkers);
  row.variant = value<std::string>(json, "variant");
  row.size = counted("size", 0, kMostCounted);
  if (json.contains("payload_bytes")) row.payload = counted("payload_bytes", 0, kMostCounted);
  if (json.contains("threads")) row.threads = counted("threads", 1, kMostWorkers);
  row.cold = heat(json) == "cold";
  row.missing = value_or<std::string>(json, "missing", "");
  row.failure = value_or<std::string>(json, "failure", "");
  read_place(json, row);
  for (const auto& [key, figure] : object(json, "values").items()) {
    row.figures[key] = in_context([&, &name = key] { return fmt::format("\"{}\"", name); },
                                  [&, &from = figure] { return read_figure(from); });
  }
  return row;
}

MetricRow read_metric(const std::string& key, const Json& json) {
  return {.key = key,
          .title = value<std::string>(json, "title"),
          .unit = unit_named(value<std::string>(json, "unit")),
          .more_is_better = value<bool>(json, "more_is_better"),
          .heat = heat(json),
          .least_difference = json.contains("least_difference")
                                  ? measured(json["least_difference"], "least_difference")
                                  : 0};
}

// As it calls itself, or by what makes it what it is.
std::string case_name(const Json& json, std::size_t number) {
  const auto text = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : "";
  };
  if (!json.is_object()) return fmt::format("case {}", number);
  std::string name = text("label");
  if (name.empty()) name = text("peer") + (text("variant").empty() ? "" : ", " + text("variant"));
  return fmt::format("case {} (\"{}\")", number, name);
}

// Two of a kind would stand for each other.
void require_different(const std::vector<CaseRow>& cases) {
  std::set<std::string> seen;
  for (const CaseRow& row : cases) {
    const Json identity = {row.peer,    row.variant, row.workers, row.payload,
                           row.threads, row.axis,    row.x};
    if (seen.insert(identity.dump()).second) continue;
    throw WrongShape(
        fmt::format("the case of peer \"{}\", variant \"{}\" and {} workers is there twice",
                    row.peer, row.variant, row.workers));
  }
}

ScenarioRows read_scenario(const Json& json) {
  ScenarioRows scenario;
  scenario.name = value<std::string>(json, "name");
  return in_context([&] { return fmt::format("scenario \"{}\"", scenario.name); },
                    [&] {
                      scenario.summary = value_or<std::string>(json, "summary", "");
                      scenario.notes = texts(json, "notes");
                      for (const auto& [key, metric] : object(json, "metrics").items()) {
                        scenario.metrics.push_back(in_context(
                            [&, &name = key] { return fmt::format("metric \"{}\"", name); },
                            [&, &name = key, &from = metric] { return read_metric(name, from); }));
                      }
                      std::size_t number = 0;
                      for (const Json& one : list(json, "cases")) {
                        ++number;
                        scenario.cases.push_back(in_context([&] { return case_name(one, number); },
                                                            [&] { return read_case(one); }));
                      }
                      require_different(scenario.cases);
                      return std::move(scenario);
                    });
}

// "runs", 7 or "workers", [1, 2] for the reader.
std::string plain_text(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_boolean()) return json.get<bool>() ? "yes" : "no";
  if (!json.is_array()) return json.dump();
  std::string text;
  for (const Json& each : json) text += (text.empty() ? "" : ", ") + plain_text(each);
  return text;
}

std::vector<std::pair<std::string, std::string>> facts(const Json& json, const char* key) {
  std::vector<std::pair<std::string, std::string>> found;
  const Json& all = member(json, key);
  if (!all.is_object()) throw_wrong(key);
  for (const auto& [name, each] : all.items()) found.emplace_back(name, plain_text(each));
  return found;
}

Results read_json(const Json& json) {
  if (!json.is_object()) throw WrongShape("it is no object");
  if (json.contains("schema") &&
      (!json["schema"].is_number_integer() || json["schema"] != kSchema)) {
    throw WrongShape(fmt::format("its schema is {}, and this program knows {} alone",
                                 json["schema"].dump(), kSchema));
  }
  Results results;
  results.machine = facts(json, "machine");
  results.settings = facts(json, "settings");
  results.doubts = texts(json, "doubts");
  results.cut_short = value_or<std::string>(json, "cut_short", "");
  const Json& scenarios = member(json, "scenarios");
  if (!scenarios.is_array()) throw_wrong("scenarios");
  std::set<std::string> names;
  for (const Json& each : scenarios) {
    results.scenarios.push_back(read_scenario(each));
    const std::string& name = results.scenarios.back().name;
    if (!names.insert(name).second) {
      throw WrongShape(fmt::format("the scenario \"{}\" is there twice", name));
    }
  }
  return results;
}

// The same with clean names and texts: they are shown on terminals, which whoever wrote the file is
// not to command.
Json cleaned(const Json& json) {
  if (json.is_string()) return clean_text(json.get_ref<const std::string&>());
  if (!json.is_structured()) return json;
  Json clean = json.is_object() ? Json::object() : Json::array();
  for (const auto& [key, each] : json.items()) {
    if (json.is_object()) {
      clean[clean_text(key)] = cleaned(each);
    } else {
      clean.push_back(cleaned(each));
    }
  }
  return clean;
}

// Throws WrongShape where lists and objects lie in each other deeper than in any result file: what
// is done with them goes down as deep.
bool require_shallow(int depth, Json::parse_event_t event, Json&) {
  constexpr int kMostDepth = 32;
  const bool opens =
      event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
  if (!opens || depth < kMostDepth) return true;
  throw WrongShape(
      fmt::format("lists and objects are more than {} deep in each other", kMostDepth));
}

}  // namespace

Results parse_results(std::string_view text, const std::string& name) {
  if (text.empty()) throw UnreadableResults(name + " is empty");
  try {
    return read_json(cleaned(Json::parse(text, &require_shallow)));
  } catch (const WrongShape& error) {
    throw UnreadableResults(
        fmt::format("{} is not a result file of this muster-bench: {}", name, error.what()));
  } catch (const Json::parse_error& error) {
    throw UnreadableResults(
        fmt::format("{} is not JSON: it goes wrong at byte {}", name, error.byte));
  } catch (const Json::out_of_range&) {
    throw UnreadableResults(fmt::format("{} has a number that is too large to be read", name));
  } catch (const Json::exception& error) {
    throw UnreadableResults(
        fmt::format("{} is not a result file of this muster-bench: {}", name, error.what()));
  }
}

Results read_results(const std::string& path) {
  struct stat status {};
  std::ifstream file(path, std::ios::binary);
  if (!file || ::stat(path.c_str(), &status) != 0) {
    throw UnreadableResults(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  if (S_ISDIR(status.st_mode)) {
    throw UnreadableResults(fmt::format("cannot read {}: it is a directory", path));
  }
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  if (file.bad()) {
    throw UnreadableResults(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  return parse_results(text, path);
}

}  // namespace bench
