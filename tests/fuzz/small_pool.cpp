#include "fuzz/small_pool.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace fuzz {

using namespace muster::detail;

namespace {

// Calls visit(address, size) for each field.
template <class Visit>
class Fields {
 public:
  Fields(const Views& views, Visit visit) : views_(views), visit_(std::move(visit)) {}

  void all(FieldsOf which) {
    switch (which) {
      case FieldsOf::work: return work();
      case FieldsOf::telemetry: return telemetry();
      case FieldsOf::clock: return clock();
    }
  }

 private:
  void work() {
    for (std::uint32_t w = 0; w < kWorkers; ++w) {
      record(views_.results.window(w).record());
      worker_facts(views_.facts.worker(w));
      park(w);
      returns(views_.tasks.returns(w));
    }
    ring();
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
      this->slot(views_.control.slot_lines()[slot]);
      part(views_.tasks.part(slot));
    }
    counters();
    facts();
    for (std::uint32_t i = 0; i < 2; ++i) death(views_.facts.facts().death[i]);
    for (std::uint32_t w = 0; w < kWorkers; ++w) {
      visit_(views_.results.window(w).arena(), 64);
      crash(views_.results.window(w).record().crash);
      visit_(views_.results.window(w).record().init_error, 16);
    }
    visit_(views_.tasks.name(0), 2 * kNameBytes);
    // Behind all the others: what stands in the corpus means what it did.
    for (std::uint32_t i = 0; i < 2; ++i) each(views_.facts.facts().death[i].max_rss_bytes);
  }

  void telemetry() {
    PoolHeader& h = views_.tasks.header();
    each(h.names, h.requeued, h.sampling);
    for (std::uint32_t i = 0; i < kNames; ++i) {
      each(h.lost[i]);
      visit_(views_.tasks.name(i), 12);
    }
    const std::size_t events_at = views_.tasks.geometry.client_events_at();
    ring(place<EventCount>(views_.tasks.base, events_at),
         place<EventEntry>(views_.tasks.base, events_at + sizeof(EventCount)));
    for (std::uint32_t w = 0; w < kWorkers; ++w) {
      WorkerRecord& r = views_.results.window(w).record();
      each(r.tasks_done, r.parks, r.pid);
      stack(r.stack);
      visit_(views_.results.window(w).stack_copy(), 32);
      worker_telemetry(views_.results.window(w).telemetry());
    }
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) each(views_.tasks.trace_mark(slot));
    for (std::uint32_t i = 0; i < 2; ++i) {
      DeathRecord& death = views_.facts.facts().death[i];
      each(death.at_ticks, death.name, death.phase, death.crash.sender, death.crash.at_ticks);
    }
    // Behind all the others: what stands in the corpus means what it did.
    for (std::uint32_t w = 0; w < kWorkers; ++w) {
      WorkerTelemetry& head = views_.results.window(w).telemetry().head();
      for (std::uint32_t i = 0; i < kNames; ++i) each(head.names[i].taken_back);
    }
  }

  void clock() {
    PoolHeader& h = views_.tasks.header();
    each(h.created_ticks, h.created_monotonic_ns, h.created_realtime_ns);
  }

  template <class... Ts>
  void each(Ts&... fields) {
    (visit_(&fields, sizeof(fields)), ...);
  }

  void record(WorkerRecord& r) {
    each(r.phase, r.incarnation, r.current, r.started_ticks, r.tasks_done, r.rescued,
         r.average_ticks, r.completed, r.returned, r.progress_done, r.progress_total,
         r.arena_in_use, r.arena_backed, r.chunk_region, r.chunk_items, r.arena_floor);
    // What stands in the corpus means what it did when this was a word of half the size.
    visit_(&r.arena_left, sizeof(std::uint32_t));
    each(r.completions[0], r.completions[1]);
  }
  void crash(CrashRecord& c) {
    each(c.signal, c.code, c.address, c.frames, c.frame[0], c.frame[kFrames - 1]);
  }
  void worker_facts(WorkerFacts& f) {
    each(f.pid, f.admitted, f.incarnation, f.deaths, f.started_monotonic_ns);
  }
  void park(std::uint32_t w) {
    Reservation& r = views_.control.reservations()[w];
    each(views_.control.park()[w].state, r.count, r.begun, r.hints[0], r.hints[1],
         r.hints[kMaxReserved - 1]);
  }
  void returns(Returns& r) { each(r.written, r.entries[0], r.entries[1], r.entries[kReturns - 1]); }
  void ring() {
    ControlHeader& h = views_.control.header();
    Sleepers& s = *views_.control.sleepers();
    each(h.ends.head, h.ends.tail, h.ends.sweep_epoch, h.ends.closed, h.pump_sleeps, s.words[0],
         s.words[1], s.full_fences, s.watched);
    for (std::uint32_t i = 0; i < kCells; ++i) each(views_.control.cells()[i]);
  }
  void slot(SlotLine& line) {
    each(line.word, line.attention, line.result.inline_size, line.result.checksum,
         line.result.bytes);
  }
  void part(TaskPart& p) { each(p.function, p.inline_bytes, p.flags, p.name, p.stop, p.where); }
  void counters() {
    PoolHeader& h = views_.tasks.header();
    each(h.created_ticks, h.state, h.replaces, h.submitted, h.finished, h.failed, h.cancelled,
         h.behind, h.arguments_in_use, h.arguments_pages, h.max_shared_memory, h.names,
         h.blocks_gone);
  }
  void facts() {
    Facts& f = views_.facts.facts();
    each(f.supervisor_pid, f.deaths, f.restarts);
  }
  void ring(EventCount* count, EventEntry* entries) {
    each(count->written);
    for (std::uint32_t i = 0; i < kEvents; ++i) each(entries[i].words);
  }
  void stack(StackRecord& s) {
    each(s.version, s.size, s.begin, s.registers[0], s.registers[kStackPointer],
         s.registers[kProgramCounter]);
  }
  void worker_telemetry(const TelemetryView& telemetry) {
    WorkerTelemetry& head = telemetry.head();
    each(head.failures, head.high_water_rss);
    ring(&head.events, place<EventEntry>(telemetry.base, telemetry.plan.events_at()));
    histogram(head.queue_time, telemetry.queue_time());
    for (std::uint32_t i = 0; i < kNames; ++i) {
      NameTelemetry& name = head.names[i];
      each(name.done, name.failures, name.timed, name.max_rss, name.recent_ticks);
      histogram(name.run_time, telemetry.run_time(static_cast<std::uint8_t>(i)));
    }
    // The first two, and the last one, which others share.
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}, kFailures - 1}) {
      failure(head.failure_texts[i]);
    }
  }
  // Both ends and what is between them.
  void histogram(BucketRange& range, SharedHistogram& histogram) {
    each(range.word, histogram.counts[0], histogram.counts[HistogramBuckets::kCount / 2],
         histogram.counts[HistogramBuckets::kCount - 1]);
  }
  // With the end of its text, which may be none.
  void failure(FailureTelemetry& f) {
    each(f.count, f.hash, f.name);
    visit_(f.text, 12);
    visit_(f.text + FailureTelemetry::kText - 4, 4);
  }
  void death(DeathRecord& d) {
    each(d.number, d.worker, d.pid, d.incarnation, d.exit_code, d.term_signal, d.core_dumped,
         d.task_was_killing, d.task, d.requeued, d.written_off, d.out_of_memory, d.chunk_region,
         d.chunk_items, d.ran_for_ticks);
    crash(d.crash);
  }

  const Views& views_;
  Visit visit_;
};

}  // namespace

Geometry small_geometry() {
  Geometry g;
  g.workers = kWorkers;
  g.slots = kSlots;
  g.ring_cells = kCells;
  g.client_events = g.worker_events = kEvents;
  g.histograms = kMaxNames;
  g.arguments_bytes = kPage;
  g.arena_bytes = 4 * kPage;
  g.window_bytes = g.arena_at() + g.arena_bytes;
  return g;
}

void fill(const Views& views, Input& input, FieldsOf which) {
  // As bytes: some of the fields are atomics, and nobody else is there.
  const auto write = [&](void* field, std::size_t size) {
    const auto bytes = input.take_bytes(size);
    if (!bytes.empty()) std::memcpy(field, bytes.data(), bytes.size());
  };
  Fields(views, write).all(which);
}

std::vector<std::uint8_t> bytes_of(const Views& views, FieldsOf which) {
  std::vector<std::uint8_t> bytes;
  const auto read = [&](const void* field, std::size_t size) {
    const auto* from = static_cast<const std::uint8_t*>(field);
    bytes.insert(bytes.end(), from, from + size);
  };
  Fields(views, read).all(which);
  return bytes;
}

namespace {

std::span<std::byte> histograms_without_fields(const WindowView& window) {
  const TelemetryView telemetry = window.telemetry();
  const std::size_t begin = TelemetryPlan::run_time_at(kNames);
  return {telemetry.base + begin, telemetry.plan.events_at() - begin};
}

}  // namespace

SmallPool::Guarded SmallPool::make(const char* name, std::size_t size) {
  Guarded made;
  made.memory = Memfd::create(name, size);
  void* const place =
      ::mmap(nullptr, size + 2 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  auto* const inner = static_cast<std::byte*>(place) + kPage;
  if (::mmap(inner, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, made.memory.fd(), 0) ==
      MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "mmap");
  }
  made.bytes = {inner, size};
  return made;
}

SmallPool::SmallPool() {
  const Geometry g = small_geometry();
  segments_ = {make("fuzz:tasks", g.tasks_bytes()), make("fuzz:control", g.control_bytes()),
               make("fuzz:results", g.results_bytes()), make("fuzz:facts", g.facts_bytes())};
  views_ = {{bytes(Segment::tasks).data(), g},
            {bytes(Segment::control).data(), g},
            {bytes(Segment::results).data(), g},
            {bytes(Segment::facts).data(), g}};
}

std::vector<std::span<std::byte>> SmallPool::stretches(Segment which) const {
  if (which != Segment::results) return {bytes(which)};
  std::vector<std::span<std::byte>> all;
  std::byte* begin = bytes(which).data();
  for (std::uint32_t w = 0; w < kWorkers; ++w) {
    const auto left_out = histograms_without_fields(views_.results.window(w));
    all.emplace_back(begin, left_out.data());
    begin = left_out.data() + left_out.size();
  }
  all.emplace_back(begin, bytes(which).data() + bytes(which).size());
  return all;
}

void SmallPool::wipe(std::byte with) {
  for (std::size_t i = 0; i < kSegments; ++i) {
    for (const auto stretch : stretches(static_cast<Segment>(i))) {
      std::memset(stretch.data(), static_cast<int>(with), stretch.size());
    }
  }
  // Names without fields have had no task: to print hundreds takes longer than all else.
  for (std::size_t i = kNames; i < kMaxNames; ++i) views_.tasks.header().lost[i].store(0);
  for (std::uint32_t w = 0; w < kWorkers; ++w) {
    const WindowView window = views_.results.window(w);
    std::memset(static_cast<void*>(&window.telemetry().head().names[kNames]), 0,
                (kMaxNames - kNames) * sizeof(NameTelemetry));
    const auto left_out = histograms_without_fields(window);
    if (::madvise(left_out.data(), left_out.size(), MADV_REMOVE) != 0) {
      throw std::system_error(errno, std::generic_category(), "madvise");
    }
  }
}

void SmallPool::copy(const SmallPool& from) {
  for (std::size_t i = 0; i < kSegments; ++i) {
    const auto mine = stretches(static_cast<Segment>(i));
    const auto theirs = from.stretches(static_cast<Segment>(i));
    for (std::size_t k = 0; k < mine.size(); ++k) {
      std::memcpy(mine[k].data(), theirs[k].data(), mine[k].size());
    }
  }
}

void SmallPool::write_header() {
  PoolHeader& header = views_.tasks.header();
  header.magic = kPoolMagic;
  header.version = kLayoutVersion;
  header.layout_hash = layout_hash();
  header.client_pid = static_cast<std::uint32_t>(::getpid());
  header.geometry = small_geometry();
  header.created_realtime_ns = 1'700'000'000'000'000'000;
  header.created_monotonic_ns = 1;
  header.created_ticks = 1;
}

}  // namespace fuzz
