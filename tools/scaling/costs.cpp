#include "tools/scaling/costs.hpp"

#include <algorithm>
#include <stdexcept>

namespace scaling {

namespace {

double median(const nlohmann::json& spread) { return spread.at("median").get<double>(); }

// Of a list that is not empty.
const nlohmann::json& points(const nlohmann::json& section, const std::string& name) {
  const nlohmann::json& list = section.at(name);
  if (!list.is_array() || list.empty()) {
    throw std::runtime_error("\"" + name +
                             "\" of the file of measurements is no list with entries");
  }
  return list;
}

}  // namespace

double Curve::at(double x) const {
  if (points_.empty()) throw std::logic_error("a cost has no points");
  if (points_.size() == 1) return points_.front().y;
  std::size_t right = 1;
  while (right + 1 < points_.size() && points_[right].x < x) ++right;
  const Point& a = points_[right - 1];
  const Point& b = points_[right];
  return std::max(0.0, a.y + (b.y - a.y) * (std::max(x, points_.front().x) - a.x) / (b.x - a.x));
}

Costs Costs::of(const nlohmann::json& measured, const std::string& network) try {
  Costs costs;
  const auto& machine = measured.at("costs");
  for (const auto& sleep : points(machine, "sleep")) {
    const auto asked = sleep.at("asked").get<double>();
    const double processor = median(sleep.at("processor"));
    const auto beside = sleep.at("beside").get<std::size_t>();
    if (beside >= costs.sleep.size()) continue;
    costs.sleep[beside].processor.add(asked, processor);
    costs.sleep[beside].away.add(asked, std::max(0.0, median(sleep.at("took")) - processor));
  }
  for (const Costs::Sleep& sleep : costs.sleep) {
    if (sleep.processor.empty()) {
      throw std::runtime_error("\"sleep\" of the file lacks some beside one or two threads");
    }
  }
  costs.wake = points(machine, "wake").at(0).at("call").get<double>();
  costs.interruption = std::max(0.0, median(machine.at("interruption")));
  costs.idle_worker = median(machine.at("idle").at("worker"));
  costs.pump = median(machine.at("idle").at("pump"));
  const auto& most = points(machine, "scan").back();
  costs.scan = median(most.at("took")) / most.at("ranks").get<double>();
  costs.turn = median(most.at("turn")) / most.at("ranks").get<double>();
  for (const auto& size : points(measured.at("messages"), network)) {
    const auto bytes = size.at("bytes").get<double>();
    const double send = median(size.at("send"));
    costs.send.add(bytes, send);
    costs.receive.add(bytes, std::max(0.0, median(size.at("one_way")) - send));
  }
  costs.probe = median(measured.at("probe").at(network).at("2"));
  const auto& tasks = measured.at("tasks").at("2");
  costs.submit = median(tasks.at("submit"));
  costs.collect = median(tasks.at("collect"));
  costs.conductor = median(tasks.at("conductor"));
  costs.server = median(tasks.at("server"));
  costs.worker = median(tasks.at("worker"));
  return costs;
} catch (const nlohmann::json::exception& e) {
  throw std::runtime_error(std::string("the file of measurements lacks something: ") + e.what());
}

}  // namespace scaling
