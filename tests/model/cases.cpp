#include "tests/model/cases.hpp"

#include "tests/model/lock_model.hpp"

namespace muster::model {

namespace {

template <class Shape>
struct Row {
  Shape shape;
  std::string what;
  Bounds test;
  Bounds quick;
  Bounds full;
};

// A delay is a way to be preempted: without preemptions there is none.
Bounds bounds(unsigned preemptions, unsigned crashes, unsigned delays) {
  return {.preemptions = preemptions, .crashes = crashes, .delays = delays};
}

const std::vector<Row<PoolShape>>& pools() {
  static const std::vector<Row<PoolShape>> rows = {
      {{.name = "one-task", .slots = 1, .cells = 1, .tasks = 1},
       "one worker, one task: publish, claim, finish, park, wake, recover",
       bounds(1, 1, 0),
       bounds(2, 1, 1),
       bounds(3, 1, 1)},
      {{.name = "one-worker", .tasks = 3},
       "one worker, three tasks in two slots and two cells: the ring laps",
       bounds(1, 0, 1),
       bounds(1, 1, 1),
       bounds(2, 1, 0)},
      {{.name = "full-ring", .cells = 1, .tasks = 3},
       "a ring of one cell: tasks without a hint are found by sweeps",
       bounds(1, 0, 1),
       bounds(1, 1, 1),
       bounds(2, 1, 0)},
      {{.name = "retry", .slots = 1, .tasks = 1, .retries = 1},
       "one task that may be run again",
       bounds(1, 1, 0),
       bounds(0, 2, 0),
       bounds(3, 1, 0)},
      {{.name = "written-off", .slots = 1, .tasks = 1, .retries = 1, .writes_off = true},
       "a worker that is given up in its task, which is run again, and that comes back later",
       bounds(2, 0, 0),
       bounds(2, 0, 1),
       bounds(2, 1, 0)},
      {{.name = "one-slot", .slots = 1, .tasks = 2},
       "one slot and two tasks: hints of the first one are still there when the second is",
       bounds(1, 1, 0),
       bounds(1, 1, 1),
       bounds(2, 1, 0)},
      {{.name = "supervisor", .slots = 1, .tasks = 1, .retries = 1, .supervisor_crashes = true},
       "one worker and the supervisor: whichever dies is a crash",
       bounds(1, 1, 0),
       bounds(1, 2, 0),
       bounds(3, 1, 0)},
      {{.name = "cancel", .tasks = 2, .cancels = true},
       "the second task is cancelled while it waits, runs or has ended",
       bounds(1, 1, 0),
       bounds(1, 1, 1),
       bounds(2, 1, 0)},
      {{.name = "kill", .tasks = 2, .kills = true},
       "the first task is killed while it waits, runs or has ended",
       bounds(1, 1, 0),
       bounds(1, 1, 1),
       bounds(2, 1, 0)},
      {{.name = "break", .workers = 2, .slots = 2, .tasks = 2, .breaks = true},
       "two workers, the death of one ends the pool",
       bounds(0, 1, 0),
       bounds(0, 1, 0),
       bounds(1, 1, 0)},
      {{.name = "two-clients", .tasks = 2, .clients = 2},
       "two threads submit and wait",
       bounds(1, 0, 0),
       bounds(0, 1, 0),
       bounds(1, 1, 0)},
      {{.name = "two-workers", .workers = 2, .slots = 2, .tasks = 2},
       "two workers, two tasks",
       bounds(1, 0, 1),
       bounds(0, 1, 0),
       bounds(2, 0, 0)},
      {{.name = "meet", .workers = 2, .slots = 2, .tasks = 2, .meet = true},
       "two tasks that wait for each other: both workers must be awake",
       bounds(1, 0, 1),
       bounds(1, 0, 1),
       bounds(2, 0, 0)},
      {{.name = "reserve",
        .workers = 2,
        .slots = 4,
        .cells = 4,
        .tasks = 3,
        .meet = false,
        .takes_many = true},
       "workers take several hints at once, and idle ones what others have not begun",
       bounds(1, 0, 0),
       bounds(0, 1, 0),
       bounds(2, 0, 0)},
      {{.name = "laps", .workers = 2, .slots = 2, .tasks = 4},
       "two workers, four tasks in two cells: the ring laps under who is slow",
       bounds(1, 0, 0),
       bounds(1, 0, 0),
       bounds(1, 0, 1)},
      {{.name = "meet-full", .workers = 2, .slots = 2, .cells = 1, .tasks = 2, .meet = true},
       "the same two, and only one of them has a hint",
       bounds(1, 0, 0),
       bounds(1, 0, 1),
       bounds(2, 0, 0)},
      {{.name = "meet-crash", .workers = 2, .slots = 2, .tasks = 2, .meet = true},
       "the same two, and one worker dies: its successor must not be the only one awake",
       bounds(0, 1, 0),
       bounds(0, 1, 0),
       bounds(0, 1, 0)},
      {{.name = "meet-many",
        .workers = 2,
        .slots = 2,
        .tasks = 2,
        .meet = true,
        .takes_many = true},
       "the same two, and workers take several hints at once: one must give the other its task",
       bounds(1, 0, 0),
       bounds(1, 0, 1),
       bounds(2, 0, 0)},
      {{.name = "limited", .tasks = 3, .takes_many = true, .limit = 2},
       "a worker that ends after two tasks, and its successor",
       bounds(1, 0, 1),
       bounds(0, 1, 0),
       bounds(1, 1, 0)},
      {{.name = "limited-two", .workers = 2, .slots = 2, .tasks = 2, .limit = 1},
       "two workers that end after a task",
       bounds(0, 0, 0),
       bounds(0, 0, 0),
       bounds(1, 0, 1)},
      {{.name = "late-wakes", .workers = 2, .slots = 2, .tasks = 2, .time_passes = true},
       "a wake may be out of date, and then another one is sent",
       bounds(1, 0, 0),
       bounds(0, 1, 0),
       bounds(2, 0, 0)},
      {{.name = "meet-late-wakes",
        .workers = 2,
        .slots = 2,
        .tasks = 2,
        .meet = true,
        .time_passes = true},
       "the same, and the tasks wait for each other",
       bounds(1, 0, 0),
       bounds(1, 0, 1),
       bounds(2, 0, 0)},
      {{.name = "no-membarrier", .tasks = 2, .refuses_heavy_fences = true},
       "where the kernel refuses heavy fences publishers use full ones",
       bounds(1, 0, 1),
       bounds(2, 0, 1),
       bounds(3, 0, 1)},
      {{.name = "refused-later",
        .slots = 1,
        .cells = 1,
        .tasks = 1,
        .may_refuse_heavy_fences = true},
       "the kernel refuses some heavy fences: who is refused first waits for others' stores",
       bounds(2, 0, 1),
       bounds(2, 0, 1),
       bounds(3, 0, 1)},
  };
  return rows;
}

const std::vector<Row<LockShape>>& locks() {
  static const std::vector<Row<LockShape>> rows = {
      {{.name = "lock", .threads = {{3}, {2}}},
       "the client's lock: one thread that takes it again and again, and another",
       bounds(3, 0, 1),
       bounds(4, 0, 2),
       bounds(6, 0, 3)},
      {{.name = "lock-three", .threads = {{2}, {2}, {1}}},
       "the same, and two others",
       bounds(2, 0, 1),
       bounds(3, 0, 1),
       bounds(4, 0, 2)},
      {{.name = "lock-ended", .kind = LockKind::one_favourite, .threads = {{2, 1}, {3}}},
       "a lock with room for one favourite, whose thread ends and takes it once more while it ends",
       bounds(3, 0, 1),
       bounds(4, 0, 1),
       bounds(5, 0, 2)},
      {{.name = "lock-plain", .kind = LockKind::futex, .threads = {{2}, {2}, {1}}},
       "the mutex beneath it, and three threads",
       bounds(3, 0, 1),
       bounds(4, 0, 1),
       bounds(6, 0, 2)},
  };
  return rows;
}

template <class Shape, class Make>
Case make_case(const Row<Shape>& row, std::size_t actors, Make make) {
  return {row.shape.name,
          row.what,
          static_cast<unsigned>(actors),
          [shape = row.shape, make] { return make(shape); },
          std::nullopt,
          row.test,
          row.quick,
          row.full};
}

}  // namespace

std::vector<Bounds> Case::bounds(Level level) const {
  switch (level) {
    case Level::test: return {test};
    case Level::quick: return {quick};
    case Level::full: break;
  }
  const bool within = quick.preemptions <= full.preemptions && quick.crashes <= full.crashes &&
                      quick.delays <= full.delays;
  return within ? std::vector{full} : std::vector{quick, full};
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> made;
    for (const Row<PoolShape>& row : pools()) {
      // The pump and the supervisor, too.
      made.push_back(make_case(row, row.shape.clients + row.shape.workers + 2, make_pool));
      made.back().pool = row.shape;
    }
    for (const Row<LockShape>& row : locks()) {
      made.push_back(make_case(row, row.shape.threads.size(), make_lock));
    }
    return made;
  }();
  return all;
}

}  // namespace muster::model
