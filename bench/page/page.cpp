#include "bench/page/page.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/page/assets.hpp"
#include "bench/page/charts.hpp"
#include "bench/page/families.hpp"
#include "bench/page/groups.hpp"
#include "bench/page/markup.hpp"
#include "bench/page/notes.hpp"
#include "bench/page/table.hpp"

namespace bench {

namespace {

std::string facts_html(const Results& results) {
  std::string out = "<dl class=\"facts\">\n";
  const auto add = [&](const std::string& name, const std::string& value) {
    out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(name), escaped(value));
  };
  for (const auto& [name, value] : results.machine) add(name, value);
  std::vector<std::string> options;
  for (const auto& [name, value] : results.settings) {
    if (!value.empty()) options.push_back(name + ": " + value);
  }
  if (!options.empty()) add("options", fmt::format("{}", fmt::join(options, "; ")));
  return out + "</dl>\n";
}

// Each once, however many cases it concerns.
std::string callout(const std::string& css, const std::string& head,
                    const std::set<std::string>& lines) {
  if (lines.empty()) return "";
  return fmt::format("<div class=\"beware {}\"><p><strong>{}</strong> {}</p></div>\n", css,
                     escaped(head), escaped(fmt::format("{}", fmt::join(lines, "; "))));
}

std::string callouts_html(const Results& results) {
  std::set<std::string> missing;
  std::set<std::string> failed;
  for (const ScenarioRows& scenario : results.scenarios) {
    for (const CaseRow& row : scenario.cases) {
      if (!row.missing.empty()) missing.insert(shown_name(row) + " (" + row.missing + ")");
      if (!row.failure.empty()) failed.insert(shown_name(row) + " in " + scenario.name);
    }
  }
  return callout("", "Beware:", {results.doubts.begin(), results.doubts.end()}) +
         callout("", "Missing here:", missing) + callout("failed", "Failed:", failed);
}

std::string nav_html(const Results& results) {
  std::string out = "<nav>";
  for (const ScenarioRows& scenario : results.scenarios) {
    out += fmt::format("<a href=\"#{0}\">{0}</a>", escaped(scenario.name));
  }
  return out + "<a href=\"#slow\">what is slow and stays slow</a></nav>\n";
}

std::string families_legend(const Results& results) {
  std::set<std::string_view> present;
  for (const ScenarioRows& scenario : results.scenarios) {
    for (const CaseRow& row : scenario.cases) {
      if (!row.peer.empty()) present.insert(family_of(row).name);
    }
  }
  std::string out = "<p class=\"legend\">";
  for (const Family& family : kFamilies) {
    if (present.count(family.name) == 0) continue;
    out += fmt::format("<span class=\"{}\"><i class=\"dot\" style=\"margin:0\"></i>{}</span>",
                       family.css, family.title);
  }
  return out + "</p>\n";
}

std::string scenario_html(const ScenarioRows& scenario) {
  const std::vector<Group> groups = groups_of(scenario);
  std::string out = fmt::format("<section id=\"{0}\">\n<h2>{0}</h2>\n", escaped(scenario.name));
  if (!scenario.summary.empty()) out += "<p>" + escaped(scenario.summary) + "</p>\n";
  out += charts_html(scenario, groups);
  out += table_html(scenario, groups);
  if (!scenario.notes.empty()) {
    out += "<ul class=\"remarks\">\n";
    for (const std::string& note : scenario.notes) out += "<li>" + escaped(note) + "</li>\n";
    out += "</ul>\n";
  }
  return out + "</section>\n";
}

constexpr std::string_view kHead =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>Muster: benchmarks</title>\n<style>\n";

constexpr std::string_view kOpening =
    "<h1>Muster, measured</h1>\n"
    "<p class=\"lead-in\">Muster’s process pool and thread pool beside other ways to run tasks, "
    "all in one run on one machine. Figures are medians of the runs, each run in a new process, "
    "with [first – third quartile]. Where the quartiles of two overlap, this run does not tell "
    "them apart.</p>\n";

constexpr std::string_view kGlance =
    "<section id=\"glance\">\n<h2>At a glance</h2>\n"
    "<p>The best of each kind, and how it compares with Muster’s process pool. Underlined: the "
    "best of the line, and what cannot be told from it.</p>\n";

constexpr std::string_view kFooter =
    "<footer><p>Bars end at the median; whiskers go from the first to the third quartile. "
    "Logarithmic axes do not begin at zero. All on this page can be measured again with "
    "<code>./dev bench</code>; <code>bench/README.md</code> says how anything is "
    "measured.</p></footer>\n";

}  // namespace

std::string page_html(const Results& results) {
  std::string out(kHead);
  out += kPageStyle;
  out += "</style>\n</head>\n<body>\n<header>\n";
  out += kOpening;
  out += facts_html(results) + callouts_html(results) + nav_html(results);
  out += "</header>\n";
  if (const std::string glance = glance_html(results); !glance.empty()) {
    out += kGlance;
    out += glance + families_legend(results) + "</section>\n";
  }
  for (const ScenarioRows& scenario : results.scenarios) out += scenario_html(scenario);
  out += "<section id=\"slow\" class=\"notes\">\n<h2>What is slow and stays slow</h2>\n";
  out += notes_html(kNotes);
  out += "</section>\n";
  out += kFooter;
  out += "<script>\n";
  out += kPageScript;
  out += "</script>\n</body>\n</html>\n";
  return out;
}

}  // namespace bench
