#include "bench/model/read_results.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

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

double finite(const Json& json, const char* key) {
  const auto number = value<double>(json, key);
  if (!std::isfinite(number)) throw WrongShape(fmt::format("\"{}\" is not a number", key));
  return number;
}

Unit unit_named(const std::string& name) {
  for (const Unit unit :
       {Unit::per_second, Unit::bytes_per_second, Unit::seconds, Unit::bytes, Unit::count}) {
    if (name == unit_name(unit)) return unit;
  }
  throw WrongShape(fmt::format("there is no unit \"{}\"", name));
}

Figure read_figure(const Json& json) {
  Figure figure;
  figure.spread.median = finite(json, "median");
  figure.spread.lower = finite(json, "lower_quartile");
  figure.spread.upper = finite(json, "upper_quartile");
  for (const Json& run : list(json, "runs")) {
    if (!run.is_number() || !std::isfinite(run.get<double>())) throw_wrong("runs");
    figure.runs.push_back(run.get<double>());
  }
  return figure;
}

CaseRow read_case(const Json& json) {
  CaseRow row;
  row.peer = value<std::string>(json, "peer");
  row.peer_title = value_or<std::string>(json, "peer_title", row.peer);
  row.workers = value<std::size_t>(json, "workers");
  row.variant = value<std::string>(json, "variant");
  row.size = value<std::uint64_t>(json, "size");
  row.payload = value_or<std::uint64_t>(json, "payload_bytes", 0);
  row.threads = value_or<std::size_t>(json, "threads", 1);
  row.cold = value_or<std::string>(json, "heat", "hot") == "cold";
  row.missing = value_or<std::string>(json, "missing", "");
  row.failure = value_or<std::string>(json, "failure", "");
  for (const auto& [axis, x] : object(json, "x").items()) {
    if (!x.is_number()) throw_wrong("x");
    row.axis = axis;
    row.x = x.get<double>();
  }
  for (const auto& [key, figure] : object(json, "values").items()) {
    row.figures[key] = read_figure(figure);
  }
  return row;
}

ScenarioRows read_scenario(const Json& json) {
  ScenarioRows scenario;
  scenario.name = value<std::string>(json, "name");
  scenario.summary = value_or<std::string>(json, "summary", "");
  scenario.notes = texts(json, "notes");
  for (const auto& [key, metric] : object(json, "metrics").items()) {
    scenario.metrics.push_back({.key = key,
                                .title = value<std::string>(metric, "title"),
                                .unit = unit_named(value<std::string>(metric, "unit")),
                                .more_is_better = value<bool>(metric, "more_is_better"),
                                .heat = value_or<std::string>(metric, "heat", ""),
                                .least_difference = value_or(metric, "least_difference", 0.0)});
  }
  for (const Json& one : list(json, "cases")) scenario.cases.push_back(read_case(one));
  return scenario;
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
  if (const int schema = value_or(json, "schema", kSchema); schema != kSchema) {
    throw WrongShape(
        fmt::format("its schema is {}, and this program knows {} alone", schema, kSchema));
  }
  Results results;
  results.machine = facts(json, "machine");
  results.settings = facts(json, "settings");
  results.doubts = texts(json, "doubts");
  results.cut_short = value_or<std::string>(json, "cut_short", "");
  const Json& scenarios = member(json, "scenarios");
  if (!scenarios.is_array()) throw_wrong("scenarios");
  for (const Json& each : scenarios) results.scenarios.push_back(read_scenario(each));
  return results;
}

}  // namespace

Results parse_results(std::string_view text, const std::string& name) {
  if (text.empty()) throw UnreadableResults(name + " is empty");
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw UnreadableResults(
        fmt::format("{} is not JSON: it goes wrong at byte {}", name, error.byte));
  } catch (const Json::out_of_range&) {
    throw UnreadableResults(fmt::format("{} has a number that is too large to be read", name));
  }
  try {
    return read_json(json);
  } catch (const WrongShape& error) {
    throw UnreadableResults(
        fmt::format("{} is not a result file of this muster-bench: {}", name, error.what()));
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
