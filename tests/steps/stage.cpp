#include "steps/stage.hpp"

#include <linux/futex.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "lib/slots/slot_table.hpp"
#include "steps/own_control.hpp"
#include "support/own_pool.hpp"
#include "support/proc.hpp"

namespace steps {

using muster::detail::ParkState;
using muster::detail::SlotStatus;
using muster::detail::SlotTable;
using muster::detail::SlotWord;

namespace {

std::string next_name() {
  static unsigned made = 0;
  return fmt::format("steps-{}", ++made);
}

// A limit on the size of files, which the pool's segments are, while it is made.
class SegmentLimit {
 public:
  explicit SegmentLimit(std::uint64_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes == 0 ? before_.rlim_cur : bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SegmentLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  SegmentLimit(const SegmentLimit&) = delete;
  SegmentLimit& operator=(const SegmentLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

Stage::Stage(const Scenario& scenario, unsigned workers) : scenario_(scenario), workers_(workers) {
  Ledger::entries();  // before the fork
  muster::ProcessPoolOptions options = scenario.options;
  options.max_workers = workers;
  options.name = next_name();
  options.on_worker_death = muster::OnWorkerDeath::replace;
  options.restart_intensity = {.deaths = 0};
  const SegmentLimit limit(scenario.segment_limit);
  pool_ = std::make_unique<muster::ProcessPoolExecutor>(options);
  memory_.emplace(test_support::load_own_pool(options.name));
  control_ = own_control(options.name, views().control.geometry);
  if (scenario.other_is_busy) make_other_busy();
  settle();
}

Stage::~Stage() {
  if (gate_) gate_->open();
}

// The first one to be woken is the first worker.
void Stage::make_other_busy() {
  settle();
  gate_.emplace();
  const test_support::SharedCounter begun;
  pool_->submit([gate = *gate_, begun] {
    begun.add();
    gate.wait();
  });
  begun.wait_at_least(1);
  worker_ = asleep(0) ? 0 : 1;
}

pid_t Stage::pid_of(std::uint32_t worker) const {
  return static_cast<pid_t>(views().facts.worker(worker).pid.load());
}

bool Stage::asleep(std::uint32_t worker) const {
  const auto& facts = views().facts.worker(worker);
  const auto& record = views().results.window(worker).record();
  if (facts.pid.load() == 0 || record.incarnation.load() != facts.incarnation.load()) return false;
  if (views().control.park()[worker].state.load() != ParkState::kParked) return false;
  const auto fields = test_support::stat_fields(pid_of(worker));
  return !fields.empty() && fields[0] == "S";
}

// Returns when all workers are asleep, but for the one that is busy.
void Stage::settle() const {
  for (std::uint32_t w = 0; w < workers_; ++w) {
    if (gate_ && w != worker_) continue;
    while (!asleep(w)) ::usleep(100);
  }
}

void Stage::prepare(Play& play) {
  pid_t warm = 0;
  do {
    settle();
    warm = pid_of(worker_);
    // The first to be woken is the first that sleeps: the one to be traced.
    play.pool().submit([] {}).result();
    settle();
    // One that had its last task by that is another one now.
  } while (pid_of(worker_) != warm);
  if (scenario_.tiny_before != 0) run_tiny_tasks(play.pool(), scenario_.tiny_before);
  if (scenario_.before) scenario_.before(play);
  settle();
}

void Stage::stop(std::optional<Tracer>& tracer) const {
  const pid_t worker = pid_of(worker_);
  if (!scenario_.birth) {
    tracer.emplace(worker);
    if (tracer->slept_in(SYS_futex)) return;
    throw std::runtime_error("the worker was not asleep");
  }
  const auto supervisor = static_cast<pid_t>(views().facts.facts().supervisor_pid.load());
  tracer.emplace(supervisor, [&] { ::kill(worker, SIGKILL); });
  while (pid_of(worker_) != tracer->pid()) ::usleep(100);  // until the supervisor has noted it
}

void Stage::publish(Play& play) {
  scenario_.submit(play);
  find_new(play);
  const bool woken = views().control.park()[worker_].state.load() == ParkState::kWoken;
  if (!woken && !scenario_.birth) {
    throw std::runtime_error(fmt::format("worker {} was not woken for the tasks", worker_));
  }
  if (scenario_.sleeper) start_sleeper(play.actors().front());
}

// Where the actors that were submitted last are: ids rise.
void Stage::find_new(Play& play) const {
  const SlotTable<> slots(views().control.slot_lines());
  std::vector<std::pair<std::uint64_t, std::uint32_t>> pending;
  for (std::uint32_t slot = 0; slot < slots.size(); ++slot) {
    const SlotWord word = slots.read(slot);
    if (word.status() == SlotStatus::pending) pending.emplace_back(word.tag().id(), slot);
  }
  std::ranges::sort(pending, std::greater());
  auto next = pending.begin();
  for (std::size_t i = play.actors().size(); i-- != 0 && play.actors()[i].id == 0; ++next) {
    if (next == pending.end()) throw std::runtime_error("a task that was submitted is nowhere");
    play.actors()[i].id = next->first;
    play.actors()[i].slot = next->second;
  }
}

void Stage::start_sleeper(const Actor& actor) {
  const SlotTable<> slots(views().control.slot_lines());
  sleeper_.emplace(actor.wait);
  while ((slots.attention(actor.slot) & muster::detail::kAttentionWaiter) == 0) ::usleep(50);
  sleeper_->wait_until_asleep();
}

void Stage::take_and_reuse(Play& play) {
  const std::uint32_t slot = play.actors().front().slot;
  play.actors().front().wait();
  if (!sleeper_woke()) throw std::runtime_error("a thread sleeps on though its task was taken in");
  scenario_.next_in_slot(play);
  find_new(play);
  // Another worker may have ended the second task, whose slot is the one freed last then.
  if (workers_ == 1 && play.actors().back().slot != slot) {
    throw std::runtime_error("the slot was not used again");
  }
  start_sleeper(play.actors().back());
}

bool Stage::sleeper_woke() {
  if (!sleeper_) return true;
  if (!sleeper_->woke_within(kPatience)) return false;
  sleeper_.reset();
  return true;
}

void Stage::set_question(const Actor& actor, bool asked) const {
  auto& word = control_.slot_lines()[actor.slot].attention;
  if (asked) {
    word.fetch_or(muster::detail::kAttentionWaiter);
  } else {
    word.fetch_and(~muster::detail::kAttentionWaiter);
  }
}

bool Stage::question_stands(const Actor& actor) const {
  SlotTable<> slots(views().control.slot_lines());
  const std::uint32_t word = slots.attention_word(actor.slot).load();
  return (word & muster::detail::kAttentionWaiter) != 0 &&
         (word & muster::detail::kAttentionTold) == 0;
}

bool Stage::about_to_sleep(const Tracer& tracer) const {
  const auto& state = views().control.park()[worker_].state;
  if (state.load() != ParkState::kParked) return false;
  const user_regs_struct now = tracer.registers();
  if (!tracer.at_system_call(now, SYS_futex)) return false;
  const auto operation = static_cast<int>(now.rsi) & FUTEX_CMD_MASK;
  if (operation != FUTEX_WAIT && operation != FUTEX_WAIT_BITSET) return false;
  // On the same word, though it lies elsewhere there: segments are mapped by pages.
  constexpr std::uintptr_t kInPage = 4095;
  return (now.rdi & kInPage) == (reinterpret_cast<std::uintptr_t>(&state) & kInPage);
}

SlotWord Stage::word_of(const Actor& actor) const {
  const SlotWord word = SlotTable<>(views().control.slot_lines()).read(actor.slot);
  return word.tag().id() == actor.id ? word : SlotWord();
}

}  // namespace steps
