// muster doctor: what of the system Muster can use here, and what it does without.

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "command.hpp"
#include "diagnosis.hpp"
#include "json.hpp"
#include "output.hpp"

namespace muster_tool {

namespace {

using Level = Diagnosis::Level;

std::string page(const Diagnoses& all) {
  std::size_t widest = 0;
  for (const Diagnosis& each : all) widest = std::max(widest, each.subject.size());
  std::string text;
  for (const Diagnosis& each : all) {
    const std::string_view mark = each.level == Level::fact ? "" : to_string(each.level);
    text += fmt::format("{:<7}  {:<{}}  {}\n", mark, each.subject, widest, each.finding);
    if (!each.consequence.empty())
      text += fmt::format("{:{}}so {}\n", "", widest + 11, each.consequence);
  }
  return text;
}

Json to_json(const Diagnoses& all) {
  Json json = Json::array();
  for (const Diagnosis& each : all) {
    json.push_back({{"subject", each.subject},
                    {"level", to_string(each.level)},
                    {"finding", each.finding},
                    {"consequence", each.consequence.empty() ? Json() : Json(each.consequence)}});
  }
  return json;
}

ExitCode run_doctor(bool json) {
  Diagnoses all;
  for (const auto diagnose : {diagnose_machine, diagnose_kernel, diagnose_pool}) {
    Diagnoses some = diagnose();
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  const bool runs = std::none_of(
      all.begin(), all.end(), [](const Diagnosis& each) { return each.level == Level::missing; });
  const std::string verdict = runs ? "Muster runs here" : "Muster cannot run here";
  const ExitCode printed = print(json ? document(Json{{"runs", runs}, {"diagnoses", to_json(all)}})
                                      : fmt::format("{}\n{}\n", page(all), verdict));
  if (printed != ExitCode::fine) return printed;
  return runs ? ExitCode::fine : ExitCode::finding;
}

}  // namespace

std::string_view to_string(Level level) {
  switch (level) {
    case Level::fine: return "fine";
    case Level::less: return "less";
    case Level::missing: return "missing";
    case Level::fact: break;
  }
  return "fact";
}

void add_doctor(CLI::App& app, Run& run) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand(
      "doctor", "Say what Muster finds on this machine, and what it does without");
  command->add_flag("--json", *json, "Print a JSON document");
  command->callback([json, &run] { run = [json] { return run_doctor(*json); }; });
}

}  // namespace muster_tool
