#include "prove/walk.hpp"

#if defined(__x86_64__)

#include <new>
#include <optional>

#include "support/tracer.hpp"

namespace prove {

using test_support::Tracer;

class Walk::Steps {
 public:
  explicit Steps(pid_t pid) : tracer(pid, std::nothrow) {}
  // A signal that came meanwhile is its own.
  ~Steps() { tracer.let_go(signal); }
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

  Tracer tracer;
  int signal = 0;
};

bool Walk::possible() {
  static const bool permitted = Tracer::permitted();
  return permitted;
}

Walk::Walk(WorkerStates& states, std::uint32_t worker, pid_t pid)
    : states_(states), worker_(worker), pid_(pid), steps_(std::make_unique<Steps>(pid)) {}

Walk::~Walk() = default;

bool Walk::ended() const { return !steps_->tracer.attached(); }
void Walk::kill() { steps_->tracer.kill(); }

bool Walk::come_to(Doing wanted) {
  // Long enough for most tasks; and of what is written there not each is followed by what is
  // wanted.
  constexpr std::int64_t kSoonNs = 600'000;
  constexpr int kMostWrites = 8;
  const auto address = states_.written_before(wanted, worker_, pid_);
  if (!address || !steps_->tracer.watch(*address)) return false;
  for (int i = 0; i < kMostWrites; ++i) {
    const std::optional<Tracer::Stop> stop = steps_->tracer.run_for(kSoonNs);
    if (stop == Tracer::Stop::signalled) steps_->signal = steps_->tracer.signal();
    if (stop != Tracer::Stop::stepped) return false;
    if (states_.look(worker_, pid_) == wanted) return true;
  }
  return false;
}

Doing Walk::go(Doing wanted, unsigned further) {
  if (!come_to(wanted)) return ended() ? Doing::between : states_.look(worker_, pid_);
  for (unsigned i = 0; i < further; ++i) {
    const Tracer::Stop stop = steps_->tracer.step();
    if (stop == Tracer::Stop::signalled) steps_->signal = steps_->tracer.signal();
    if (stop != Tracer::Stop::stepped) break;
    if (states_.look(worker_, pid_) != wanted) break;
  }
  return ended() ? Doing::between : states_.look(worker_, pid_);
}

}  // namespace prove

#else

#include <stdexcept>

namespace prove {

class Walk::Steps {};

bool Walk::possible() { return false; }
Walk::Walk(WorkerStates& states, std::uint32_t worker, pid_t pid)
    : states_(states), worker_(worker), pid_(pid) {
  throw std::logic_error("workers are walked on an x86-64 only");
}
Walk::~Walk() = default;
bool Walk::ended() const { return true; }
void Walk::kill() {}
bool Walk::come_to(Doing) { return false; }
Doing Walk::go(Doing, unsigned) { return Doing::between; }

}  // namespace prove

#endif
