#include "prove/ends_plan.hpp"

#include <algorithm>

namespace prove {

namespace {

constexpr std::int64_t kMicrosecond = 1000;
constexpr std::int64_t kMillisecond = 1'000'000;

// Every sequence of one to three of the roles.
std::vector<std::vector<Role>> make_orders() {
  const Role roles[] = {Role::client, Role::supervisor, Role::worker};
  std::vector<std::vector<Role>> orders{{}};
  for (std::size_t i = 0; i < orders.size(); ++i) {
    for (const Role role : roles) {
      std::vector<Role> longer = orders[i];
      if (std::find(longer.begin(), longer.end(), role) != longer.end()) continue;
      longer.push_back(role);
      orders.push_back(std::move(longer));
    }
  }
  orders.erase(orders.begin());
  return orders;
}

const std::vector<std::vector<Role>>& orders() {
  static const std::vector<std::vector<Role>> all = make_orders();
  return all;
}

// From none at all to what cleaning up takes.
std::int64_t draw_delay(Random& random) {
  const std::uint32_t kind = random.below(100);
  if (kind < 30) return 0;
  if (kind < 60) return random.below(100 * kMicrosecond);
  if (kind < 85) return random.below(kMillisecond);
  return random.below(6 * kMillisecond);
}

Means draw_means(Random& random) {
  return random.percent(40) ? Means::kill : static_cast<Means>(1 + random.below(kMeans - 1));
}

}  // namespace

Plan draw_plan(Random& random) {
  Plan plan;
  const std::uint32_t phase = random.below(100);
  plan.phase = phase < 20 ? Phase::starting : phase < 75 ? Phase::running : Phase::ending;
  plan.lead_ns = random.below((plan.phase == Phase::starting ? 2 : 4) * kMillisecond);
  std::vector<Role> roles = orders()[random.below(orders().size())];
  // More workers than one, behind the first, so that the order stays what it is.
  const auto first = std::find(roles.begin(), roles.end(), Role::worker);
  if (first != roles.end() && random.percent(50)) {
    const auto behind = static_cast<std::size_t>(first - roles.begin()) + 1;
    for (std::uint32_t more = 1 + random.below(3); more != 0; --more) {
      const std::size_t place = behind + random.below(roles.size() - behind + 1);
      roles.insert(roles.begin() + static_cast<std::ptrdiff_t>(place), Role::worker);
    }
  }
  for (const Role role : roles) {
    Step step{.after_ns = draw_delay(random), .role = role, .worker = random.below(16)};
    if (role == Role::client) step.means = draw_means(random);
    plan.steps.push_back(step);
  }
  if (random.percent(20)) plan.stopped = random.below(16);
  plan.looks_again = random.percent(50);
  return plan;
}

std::string order_name(const std::vector<Role>& ended) {
  std::vector<Role> seen;
  std::string name;
  for (const Role role : ended) {
    if (std::find(seen.begin(), seen.end(), role) != seen.end()) continue;
    if (!seen.empty()) name += ", then ";
    name += kRoleNames[static_cast<std::size_t>(role)];
    seen.push_back(role);
  }
  return name.empty() ? "nobody" : name;
}

const std::vector<std::string>& all_orders() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const std::vector<Role>& order : orders()) all.push_back(order_name(order));
    return all;
  }();
  return names;
}

}  // namespace prove
