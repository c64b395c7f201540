#include "metric_text.hpp"

#include <iterator>

#include <fmt/format.h>

#include "text.hpp"

namespace muster_tool {

namespace {

using Type = MetricFamily::Type;

std::string_view word(Type type) {
  switch (type) {
    case Type::counter: return "counter";
    case Type::gauge: return "gauge";
    case Type::histogram: return "histogram";
  }
  return "unknown";
}

class Writer {
 public:
  explicit Writer(MetricFormat format) : format_(format) {}

  void add(const MetricFamily& family) {
    const std::string total = family.name + (family.type == Type::counter ? "_total" : "");
    const std::string& declared = format_ == MetricFormat::open_metrics ? family.name : total;
    write("# TYPE {} {}\n", declared, word(family.type));
    // A reader of OpenMetrics takes a unit for wrong that is not the end of the name.
    if (!family.unit.empty() && declared.ends_with(family.unit))
      write("# UNIT {} {}\n", declared, family.unit);
    write("# HELP {} {}\n", declared, family.help);
    for (const MetricSample& sample : family.samples) {
      write("{}{} {}\n", total, labels(sample.labels), sample.value);
    }
    for (const HistogramSample& sample : family.histograms) add(family.name, sample);
  }

  std::string finish() {
    write("# EOF\n");
    return std::move(text_);
  }

 private:
  template <class... Arguments>
  void write(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
  }

  void add(std::string_view name, const HistogramSample& sample) {
    Labels with_bound = sample.labels;
    with_bound.emplace_back("le", "");
    for (const auto& [bound, count] : sample.below) {
      // With a point, as OpenMetrics wants it.
      with_bound.back().second =
          bound < 1 ? fmt::format("{}", bound) : fmt::format("{:.1f}", bound);
      write("{}_bucket{} {}\n", name, labels(with_bound), count);
    }
    with_bound.back().second = "+Inf";
    write("{}_bucket{} {}\n", name, labels(with_bound), sample.count);
    write("{}_count{} {}\n", name, labels(sample.labels), sample.count);
    write("{}_sum{} {}\n", name, labels(sample.labels), sample.sum_seconds);
  }

  static std::string labels(const Labels& labels) {
    if (labels.empty()) return "";
    std::string text = "{";
    for (const auto& [name, value] : labels) {
      if (text.size() > 1) text += ',';
      text += fmt::format("{}=\"", name);
      // Names come from other programs, and this may be read on a terminal.
      for (const char c : escaped(value)) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
      }
      text += '"';
    }
    return text + "}";
  }

  MetricFormat format_;
  std::string text_;
};

Json labels_json(const Labels& labels) {
  Json json = Json::object();
  for (const auto& [name, value] : labels) json[std::string(name)] = value;
  return json;
}

}  // namespace

std::string metric_text(const std::vector<MetricFamily>& families, MetricFormat format) {
  Writer writer(format);
  for (const MetricFamily& family : families) writer.add(family);
  return writer.finish();
}

std::string_view content_type(MetricFormat format) {
  return format == MetricFormat::open_metrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

MetricFormat accepted_format(std::string_view accept) {
  return accept.find("application/openmetrics-text") == std::string_view::npos
             ? MetricFormat::prometheus
             : MetricFormat::open_metrics;
}

Json to_json(const std::vector<MetricFamily>& families) {
  Json json = Json::array();
  for (const MetricFamily& family : families) {
    Json samples = Json::array();
    for (const MetricSample& sample : family.samples) {
      samples.push_back({{"labels", labels_json(sample.labels)}, {"value", sample.value}});
    }
    for (const HistogramSample& sample : family.histograms) {
      Json buckets = Json::array();
      for (const auto& [bound, count] : sample.below) {
        buckets.push_back({{"below_seconds", bound}, {"count", count}});
      }
      samples.push_back({{"labels", labels_json(sample.labels)},
                         {"count", sample.count},
                         {"sum_seconds", sample.sum_seconds},
                         {"buckets", buckets}});
    }
    json.push_back({{"name", family.name},
                    {"type", word(family.type)},
                    {"unit", family.unit.empty() ? Json() : Json(family.unit)},
                    {"help", family.help},
                    {"samples", samples}});
  }
  return json;
}

}  // namespace muster_tool
