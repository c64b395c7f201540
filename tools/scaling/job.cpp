#include "tools/scaling/job.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace scaling {

std::string_view name_of(Topology topology) {
  switch (topology) {
    case Topology::flat: return "flat";
    case Topology::tree: return "tree";
    case Topology::stealing: return "stealing";
  }
  return "";
}

void Mailbox::put(Message message, double delay) {
  on_their_way_.push({clock_.now() + delay, ++count_, std::move(message)});
  clock_.set(*this, on_their_way_.top().at);
}

void Mailbox::ring() {
  while (!on_their_way_.empty() && on_their_way_.top().at <= clock_.now()) {
    // Nobody looks at it again before it is popped.
    here_.push_back(std::move(const_cast<OnItsWay&>(on_their_way_.top()).message));
    on_their_way_.pop();
  }
  if (!on_their_way_.empty()) clock_.set(*this, on_their_way_.top().at);
  // One that spins sees it; one that sleeps does not: MPI has nothing to wake it with.
  if (owner_.is_spinning()) owner_.notify();
}

Message Mailbox::take() {
  Message message = std::move(here_.front());
  here_.pop_front();
  return message;
}

namespace {

// A fraction of all, chosen by chance.
std::vector<bool> chosen(std::size_t count, double share, std::mt19937_64& random) {
  std::vector<bool> all(count);
  const auto wanted = static_cast<std::size_t>(share * static_cast<double>(count) + 0.5);
  for (std::size_t i = 0; i < std::min(wanted, count); ++i) all[i] = true;
  for (std::size_t i = count; i > 1; --i) {
    const std::size_t other = random() % i;
    const bool here = all[i - 1];
    all[i - 1] = all[other];
    all[other] = here;
  }
  return all;
}

}  // namespace

Job::Job(const Plan& given) : plan(given), random(given.seed) {
  if (plan.ranks == 0 || plan.workers == 0 || plan.tasks == 0 || plan.fan_out == 0) {
    throw std::runtime_error("a job has ranks, workers and tasks");
  }
  done.resize(plan.tasks);
  watched.resize(plan.tasks);
  ended.resize(plan.tasks);
  lengths_.resize(plan.tasks, static_cast<float>(plan.length));
  const std::vector<bool> is_long = chosen(plan.tasks, plan.long_share, random);
  for (std::size_t i = 0; i < plan.tasks; ++i) {
    if (is_long[i]) lengths_[i] *= static_cast<float>(plan.long_times);
  }
  for (const auto& placement : plan.placements) {
    if (placement.size() != 2 + plan.ranks * (1 + plan.workers)) {
      throw std::runtime_error("a placement does not name every thread of the job");
    }
    constexpr int kMostCores = 4096;
    if (std::ranges::any_of(placement, [](int core) { return core < 0 || core >= kMostCores; })) {
      throw std::runtime_error("a placement names a core that no machine has");
    }
    const auto cores = static_cast<std::size_t>(*std::ranges::max_element(placement)) + 1;
    while (cores_.size() < cores) cores_.emplace_back(clock, plan.costs.interruption);
  }

  if (plan.placements.size() == 1) {
    for (Core& core : cores_) {
      std::vector<Core*> others;
      for (Core& other : cores_) {
        if (&other != &core) others.push_back(&other);
      }
      core.share_with(others);
    }
  }

  client = std::make_unique<Client>(*this, new_thread(0));
  root = std::make_unique<Master>(*this, 0, new_thread(1));
  for (std::uint32_t i = 0; i < plan.ranks; ++i) {
    servers.push_back(std::make_unique<Server>(*this, i, new_thread(2 + i)));
  }
  const std::vector<bool> is_slow = chosen(plan.ranks, plan.slow_share, random);
  for (std::size_t i = 0; i < plan.ranks; ++i) {
    Server& server = *servers[i];
    if (is_slow[i]) server.slowness = plan.slow_times;
    server.pump = &new_thread(2 + i);
    for (std::size_t w = 0; w < plan.workers; ++w) {
      server.workers.push_back(&new_thread(2 + plan.ranks + i * plan.workers + w));
    }
  }
  const bool is_tree = plan.topology == Topology::tree;
  for (std::size_t i = 0; i < plan.ranks; ++i) {
    if (is_tree && i % plan.fan_out == 0) {
      masters.push_back(std::make_unique<Master>(
          *this, static_cast<std::uint32_t>(masters.size() + 1), new_thread(~std::size_t{0})));
    }
    Master& parent = is_tree ? *masters.back() : *root;
    servers[i]->parent = &parent;
    servers[i]->place_in_parent = static_cast<std::uint32_t>(is_tree ? i % plan.fan_out : i);
    parent.adopt(servers[i]->mailbox, plan.workers);
  }
  for (std::size_t i = 0; i < masters.size(); ++i) {
    masters[i]->parent = root.get();
    masters[i]->place_in_parent = static_cast<std::uint32_t>(i);
    const std::size_t ranks = std::min(plan.fan_out, plan.ranks - i * plan.fan_out);
    root->adopt(masters[i]->from_parent, ranks * plan.workers);
  }
  place_threads();
  if (plan.gated) {
    for (std::size_t i = 0; i < plan.tasks; ++i) root->enqueue(static_cast<TaskIndex>(i));
  }

  for (const auto& server : servers) {
    for (Thread* const worker : server->workers) activities_.push_back(server->work(*worker));
    activities_.push_back(server->run());
    activities_.push_back(server->serve_pump());
  }
  for (const auto& master : masters) activities_.push_back(master->run());
  activities_.push_back(root->run());
  activities_.push_back(client->run());
}

Core& Job::own_core() { return cores_.emplace_back(clock, plan.costs.interruption); }

Thread& Job::new_thread(std::size_t place) {
  Core& core = plan.placements.empty() || place >= plan.placements.front().size()
                   ? own_core()
                   : cores_[static_cast<std::size_t>(plan.placements.front()[place])];
  Thread& thread = threads_.emplace_back(clock, core);
  if (!plan.placements.empty()) placed_.emplace_back(&thread, place);
  return thread;
}

// Where they were in this part of the measured run.
void Job::place_threads() {
  if (plan.placements.size() < 2) return;
  const std::size_t now =
      std::min(outcome.ended * plan.placements.size() / plan.tasks, plan.placements.size() - 1);
  if (now == placement_) return;
  placement_ = now;
  for (const auto& [thread, place] : placed_) {
    thread->move_to(cores_[static_cast<std::size_t>(plan.placements[now][place])]);
  }
}

double Job::length_on(TaskIndex task, double slowness) const {
  return static_cast<double>(lengths_[task]) * slowness;
}

bool Job::end(TaskIndex task) {
  if (ended[task]++ != 0) {
    ++outcome.ended_twice;
    return false;
  }
  ++outcome.ended;
  place_threads();
  if (client->waits_for != task) return false;
  client->waits_for = Client::kNone;
  const bool slept = client->sleeps;
  client->thread().notify();
  return slept;
}

void Job::send(Mailbox& to, Message message) {
  if (&to == &root->mailbox) ++outcome.messages;
  const double delay = plan.latency + plan.byte_time * message.bytes;
  to.put(std::move(message), delay);
}

Outcome Job::run() {
  for (Activity& activity : activities_) activity.start();
  while (!over) {
    if (!clock.step()) {
      throw std::runtime_error("the simulated job stands still with " +
                               std::to_string(plan.tasks - outcome.ended) + " unfinished tasks");
    }
  }
  const double wall = clock.now();
  const auto tasks = static_cast<double>(plan.tasks);
  outcome.seconds = wall / 1e9;
  outcome.rate = tasks / outcome.seconds;
  outcome.client = client->thread().used() / tasks;
  outcome.conductor = root->thread().used() / tasks;
  double computing = 0;
  double speed = 0;
  for (const auto& server : servers) {
    outcome.servers += (server->thread_.used() + server->pump->used()) / tasks;
    for (Thread* const worker : server->workers) outcome.workers += worker->used() / tasks;
    speed += static_cast<double>(server->workers.size()) / server->slowness;
  }
  for (std::size_t i = 0; i < plan.tasks; ++i) computing += static_cast<double>(lengths_[i]);
  outcome.efficiency = computing / speed / wall;
  outcome.root_busy = root->busy / wall;
  outcome.events = clock.events();
  return outcome;
}

Outcome simulate(const Plan& plan) { return Job(plan).run(); }

}  // namespace scaling
