#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/histogram.hpp>

#include "json.hpp"

namespace muster_tool {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

struct MetricSample {
  Labels labels;
  double value = 0;
};

struct HistogramSample {
  Labels labels;
  // How many took less, by the bound in seconds, in order and without the last one, which is all.
  std::vector<std::pair<double, std::uint64_t>> below;
  std::uint64_t count = 0;
  double sum_seconds = 0;
};

// Metrics of one name. `name` is whole but for what the format adds to a counter's.
struct MetricFamily {
  enum class Type { counter, gauge, histogram };
  std::string name;
  Type type = Type::gauge;
  std::string_view unit;  // "": none; else the name ends with it
  std::string_view help;
  std::vector<MetricSample> samples;
  std::vector<HistogramSample> histograms;
};

// How counters are declared: the one of Prometheus, which `promtool check metrics` reads, calls
// them as their samples are called (x_total); OpenMetrics 1.0 calls them without that end. The rest
// is the same in both.
enum class MetricFormat { prometheus, open_metrics };

std::string metric_text(const std::vector<MetricFamily>& families, MetricFormat format);
std::string_view content_type(MetricFormat format);
// Of a request's `Accept`.
MetricFormat accepted_format(std::string_view accept);

Json to_json(const std::vector<MetricFamily>& families);

}  // namespace muster_tool
