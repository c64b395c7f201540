#pragma once

#include <string>
#include <vector>

#include "bench/model/results.hpp"

namespace bench {

// Cases of a scenario that differ in who works and in nothing else: what can be compared.
struct Group {
  std::string title;  // "kept, 2 workers"; "" where there is one group only
  std::string variant;
  std::size_t workers = 0;
  std::string axis;
  double x = 0;
  std::vector<const CaseRow*> rows;
  // Muster's process pool: in this group or, where it has none of its own, in another one.
  const CaseRow* reference = nullptr;

  bool has_own_reference() const { return reference != nullptr && reference->variant == variant; }
};

// In the order of the file. A peer without workers, such as a plain loop, is in every group that
// is played as it plays. The scenario must outlive what is returned.
std::vector<Group> groups_of(const ScenarioRows& scenario);

// The peer's name as the page has it.
std::string shown_name(const CaseRow& row);

// How `row` compares with its group's reference: "3.2× slower", "no real difference"; "" where
// there is nothing to compare, or too few runs to know their spread.
std::string against_reference(const Group& group, const CaseRow& row, const MetricRow& metric);

}  // namespace bench
