// Writes what a fuzzer begins with, where bytes have a structure that it would be long in finding:
// pools as they really are, values as they are really encoded, plays that make sense. Run it again
// when the layout of the memory or a target's reading of its input changes: README.md says how.

#include <elf.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <muster/detail/chunk_codec.hpp>
#include <muster/detail/exception_codec.hpp>
#include <muster/muster.hpp>

#include "codec/message.hpp"
#include "codec/random_value.hpp"
#include "fuzz/decoding_types.hpp"
#include "fuzz/small_pool.hpp"
#include "lib/common/count.hpp"
#include "lib/inspect/pool_loader.hpp"
#include "worker/task_telemetry.hpp"

namespace fuzz {
namespace {

using namespace muster::detail;

using Bytes = std::vector<std::uint8_t>;

class Folder {
 public:
  explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}

  void write(const std::string& target, const std::string& name, const Bytes& bytes) const {
    const auto folder = path_ / target;
    std::filesystem::create_directories(folder);
    std::ofstream file(folder / ("seed-" + name), std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) throw std::runtime_error("cannot write into " + folder.string());
  }

 private:
  std::filesystem::path path_;
};

template <class T>
void put(Bytes& bytes, const T& value) {
  const auto* from = reinterpret_cast<const std::uint8_t*>(&value);
  bytes.insert(bytes.end(), from, from + sizeof(value));
}

Bytes operator+(Bytes front, const Bytes& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

// ---- pools ----

PoolLoad load_own(const std::string& name) {
  for (const FoundPool& found : find_pools().pools) {
    if (found.name == name && found.complete()) return load_pool(found);
  }
  throw std::runtime_error("the pool " + name + " cannot be found");
}

// attach.cpp takes the hash of the layout as what is wrong with it. `words`: what it writes into
// the files.
void write_header(const Folder& folder, const std::string& name, const std::byte* header,
                  const Bytes& words = {}) {
  Bytes bytes(kHeaderStart);
  std::memcpy(bytes.data(), header, bytes.size());
  std::memset(bytes.data() + offsetof(PoolHeader, layout_hash), 0, sizeof(PoolHeader::layout_hash));
  folder.write("attach", name, Bytes{0} + bytes + Bytes{2, 2, 2, 2} + words);
}

// With its length before it, as two bytes.
Bytes part(const Bytes& bytes) {
  Bytes all;
  put(all, static_cast<std::uint16_t>(bytes.size()));
  return all + bytes;
}

void write_pool(const Folder& folder, const std::string& name, const Views& pool) {
  const Bytes work = bytes_of(pool, FieldsOf::work);
  const Bytes telemetry = bytes_of(pool, FieldsOf::telemetry);
  // Worker 0, killed by signal 9; its first life; what is not a field is 0.
  folder.write("recovery", name, Bytes{0, 0xff, 9, 0, 1, 0} + work);
  const Bytes steps{0, 100, 0, 0, 10, 3, 0, 0, 1, 0, 4, 2, 0};
  folder.write("worker", name,
               Bytes{1, 0, 0, static_cast<std::uint8_t>(steps.size())} + steps + work + telemetry);
  const Bytes found{0, 0, 4, 'p', 'o', 'o', 'l'};
  const Bytes clock = bytes_of(pool, FieldsOf::clock);
  // With a worker that lives and answers.
  for (std::uint8_t shows = 0; shows < 5; ++shows) {
    folder.write("status", name + "-" + std::to_string(shows),
                 found + Bytes{shows, 1, 2} + part(telemetry) + part(clock) + work);
  }
  write_header(folder, name, pool.tasks.base);
}

// A number for each place that attach.cpp writes to, of the first worker.
Bytes words_of_telemetry() {
  Bytes words;
  for (std::uint8_t place = 0; place < 8; ++place) {
    words = words + Bytes{0, place};
    put(words, std::uint64_t{5} << 16 | 3);
  }
  return words;
}

// Tasks that wait, each timed; a worker that runs one, and what it told of one that it ran and one
// that threw.
void write_tasks(const Folder& folder) {
  SmallPool pool;
  const Views& views = pool.views();
  pool.write_header();
  views.tasks.header().names.store(kNames);
  for (std::uint32_t i = 0; i < kNames; ++i) std::memcpy(views.tasks.name(i), "name", 5);
  for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
    TaskPart& task = views.tasks.part(slot);
    task.flags = kTraced;
    task.name = static_cast<std::uint8_t>(slot % kNames);
    task.function = slot;
    views.tasks.trace_mark(slot).store(TraceMark::pack(1000, slot % 7));
    const SlotWord word(SlotStatus::pending, 0, TaskTag::first_attempt(slot + 1));
    views.control.slot_lines()[slot].word.store(word.bits());
  }
  // Nobody has a hint: they are found by a look at all slots.
  views.control.header().ends.sweep_epoch.store(1);
  // They waited for longer than a bucket is for, and took no time: the buckets that have fields.
  WorkerRecord& record = views.results.window(0).record();
  record.started_ticks.store(std::uint64_t{1} << 62);
  TaskTelemetry worker(views.tasks, views.results.window(0), 0, pool.memory(Segment::results).fd());
  for (std::uint32_t slot = 0; slot < 2; ++slot) {
    const Hint task(slot, TaskTag::first_attempt(slot + 1));
    worker.begin(task, views.tasks.part(slot), true);
    if (slot == 1) worker.failed(std::make_exception_ptr(std::domain_error("odd")));
    worker.end(task, slot == 1);
    raise(record.tasks_done);
  }
  record.stack.size.store(~std::uint32_t{0});
  const TaskTag runs = TaskTag::first_attempt(1);
  views.control.slot_lines()[0].word.store(SlotWord(SlotStatus::running, 0, runs).bits());
  record.current.store(Hint(0, runs).bits() + 1);
  record.phase.store(WorkerPhase::ready);
  record.progress_done.store(3);
  record.progress_total.store(10);
  write_pool(folder, "tasks", views);
}

void nap(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

void throw_odd() { throw std::domain_error("odd"); }

void write_pools(const Folder& folder) {
  constexpr int kLong = 60'000;
  const std::string name = "seeds-" + std::to_string(::getpid());
  muster::ProcessPoolExecutor pool(
      {.max_workers = kWorkers, .name = name, .on_worker_death = muster::OnWorkerDeath::replace});
  pool.submit({.name = "nap"}, nap, 1).result();
  pool.submit({.name = "odd"}, throw_odd).exception();
  write_pool(folder, "idle", load_own(name).pool->views());
  std::vector<muster::Future<void>> busy;
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    busy.push_back(pool.submit({.name = "nap", .retries = 1}, nap, kLong));
  }
  while (!busy[0].running() || !busy[1].running()) nap(1);
  write_pool(folder, "busy", load_own(name).pool->views());
  busy[0].cancel(muster::CancelMode::kill);
  while (pool.stats().deaths == 0) nap(1);
  write_pool(folder, "after-a-kill", load_own(name).pool->views());
  pool.kill_workers();
  write_pool(folder, "broken", load_own(name).pool->views());

  write_tasks(folder);
  SmallPool small;
  small.write_header();
  write_header(folder, "small", small.bytes(Segment::tasks).data());
  write_header(folder, "small-with-telemetry", small.bytes(Segment::tasks).data(),
               words_of_telemetry());
}

// ---- values ----

constexpr std::uint8_t kOthers = 7;  // targets of decoding.cpp before the types

Bytes bytes_of(std::span<const std::byte> bytes) {
  Bytes copy;
  for (const std::byte byte : bytes) copy.push_back(std::to_integer<std::uint8_t>(byte));
  return copy;
}

template <class... Ts>
void write_values(const Folder& folder, TypeList<Ts...>) {
  muster::test::RandomValues random(1);
  std::uint8_t type = kOthers;
  const auto write = [&]<class T>() {
    const auto message = muster::test::Message::of(random.make<T>());
    folder.write("decoding", "type-" + std::to_string(type),
                 Bytes{type} + bytes_of(message.bytes()));
    ++type;
  };
  (write.template operator()<Ts>(), ...);
}

void write_exception(const Folder& folder, const std::string& name, const std::exception_ptr& e) {
  HeapRegion region;
  muster::Encoder out(nullptr, nullptr, &region);
  encode_exception(e, out);
  folder.write("decoding", "thrown-" + name, Bytes{0} + bytes_of({out.data(), out.size()}));
}

template <class E>
std::exception_ptr nested_in(E outer) {
  try {
    try {
      throw std::out_of_range("inner");
    } catch (...) {
      std::throw_with_nested(std::move(outer));
    }
  } catch (...) {
    return std::current_exception();
  }
}

void write_exceptions(const Folder& folder) {
  write_exception(folder, "nested", nested_in(std::runtime_error("outer")));
  write_exception(folder, "system",
                  std::make_exception_ptr(
                      std::system_error(std::make_error_code(std::errc::io_error), "text")));
  write_exception(folder, "file",
                  std::make_exception_ptr(std::filesystem::filesystem_error(
                      "text", "/a", "/b", std::make_error_code(std::errc()))));
  muster::WorkerDeath death;
  death.worker_pid = 1;
  death.task_name = "task";
  death.backtrace = muster::Backtrace(std::vector<std::string>{"frame"});
  death.core_dumped = true;
  death.max_rss_bytes = 1 << 20;
  write_exception(folder, "death", std::make_exception_ptr(muster::WorkerDiedError("died", death)));
  write_exception(folder, "unknown", std::make_exception_ptr(17));
}

template <class R, class Make>
void write_chunk(const Folder& folder, std::uint8_t type, Make make) {
  HeapRegion region;
  muster::Encoder out(nullptr, nullptr, &region);
  ChunkWriter writer(out, nullptr);
  for (int i = 0; i < 4; ++i) {
    writer.begin_value();
    if constexpr (!std::is_void_v<R>) encode_result(out, R(make(i)));
    if (i == 2) {
      writer.commit_failure(std::make_exception_ptr(std::domain_error("odd")));
    } else {
      writer.commit_value();
    }
  }
  const Bytes bytes = bytes_of({out.data(), out.size()});
  folder.write("decoding", "chunk-" + std::to_string(type), Bytes{type} + bytes);
  folder.write("decoding", "scan-" + std::to_string(type), Bytes{1} + bytes);
}

// ---- plays: see completions.cpp for what each byte is ----

enum Step : std::uint8_t {
  kSubmit = 0,
  kSubmitChunk = 2,
  kWord = 3,
  kShortResult = 5,
  kLongResult = 6,
  kChunkNote = 7,
  kCompletion = 8,
  kDeath = 9,
  kAsk = 13,
  kPump = 14,
  kAudit = 15,
  kRecord = 16,
  kRare = 17,
  kTelemetry = 255,
};

std::uint8_t status(SlotStatus s) { return static_cast<std::uint8_t>(s); }

// Task 0 gets this word, by worker 0, with its own tag.
Bytes word(SlotStatus s) { return {kWord, 0, status(s), 0, 1}; }

Bytes chunk_note(std::uint8_t items, const Bytes& records) {
  // Worker 0, from the arena's begin, 64 bytes a unit of length.
  return Bytes{kChunkNote, 0, 0, 0, 2, items, static_cast<std::uint8_t>(records.size())} + records;
}

Bytes records_of(std::uint32_t items, int first) {
  Bytes bytes;
  put(bytes, ChunkHeader::pack(ChunkRecord::values, items, items * sizeof(int)));
  for (std::uint32_t i = 0; i < items; ++i) put(bytes, first + static_cast<int>(i));
  return bytes;
}

Bytes times(int count, const Bytes& bytes) {
  Bytes all;
  for (int i = 0; i < count; ++i) all = all + bytes;
  return all;
}

// More tasks than there are slots, more arguments than there is memory, more than may wait.
void write_waits(const Folder& folder, const Bytes& looks) {
  constexpr std::uint8_t kFewSlots = 1 | 4;
  constexpr std::uint8_t kFewArguments = 8;
  constexpr std::uint8_t kBounded = 16;
  const Bytes plain{kSubmit, 0, 0};
  const Bytes named{kSubmit, 8, 0};
  const Bytes two_pages{kSubmit, 8, 3, 241};
  const Bytes too_long{kSubmit, 8, 3, 255};
  const Bytes ends = word(SlotStatus::running) + Bytes{kShortResult, 0, 4, 3, 0, 0, 0, 0} +
                     word(SlotStatus::done) + Bytes{kCompletion, 0, 1, 0, 1, kPump};
  const Bytes cancels{kAsk, 9, 5, kAsk, 1, 5};
  folder.write("completions", "behind",
               Bytes{kFewSlots} + times(6, plain) + times(6, named) + ends + cancels + looks);
  folder.write("completions", "behind-of-few-arguments",
               Bytes{kFewSlots | kFewArguments} + times(3, two_pages) + too_long + ends + looks);
  folder.write("completions", "bounded",
               Bytes{kFewSlots | kBounded} + times(14, named) + ends + times(2, named) + looks);
}

// What a worker tells of its tasks, and pool.stats() of that.
void write_telemetry(const Folder& folder) {
  constexpr std::uint8_t kCurrent = 2;
  constexpr std::uint8_t kStats = 1;
  const auto number = [](std::uint64_t value) {
    Bytes bytes;
    put(bytes, value);
    return bytes;
  };
  Bytes play = Bytes{1, kSubmit, 8, 0, kRecord, 0} + number(1) + Bytes{kCurrent};
  for (std::uint8_t what = 0; what < 8; ++what) {
    play = play + Bytes{kTelemetry, 0, 1} + number(std::uint64_t{100} << 16 | 3) + Bytes{what};
  }
  folder.write("completions", "telemetry",
               play + Bytes{kRare, kStats, kSubmit, 8, 0, kPump, kRare, kStats});
}

void write_plays(const Folder& folder) {
  const Bytes replaces{1};
  const Bytes looks{kAsk, 0, 2};
  folder.write("completions", "value",
               replaces + Bytes{kSubmit, 0, 0} + word(SlotStatus::running) +
                   Bytes{kShortResult, 0, 4, 3, 0, 0, 0, 0} + word(SlotStatus::done) + looks);
  folder.write("completions", "retry",
               replaces + Bytes{kSubmit, 1, 0} + word(SlotStatus::running) +
                   word(SlotStatus::died) + Bytes{kDeath, 0, 0, 2, 1, kPump} +
                   word(SlotStatus::running) + Bytes{kShortResult, 0, 4, 3, 0, 0, 0, 0} +
                   word(SlotStatus::done) + Bytes{kCompletion, 0, 1, 0, 1, kPump} + looks);
  const Bytes chunk = replaces + Bytes{kSubmitChunk, 0, 3, 0} + word(SlotStatus::running);
  const Bytes dies = word(SlotStatus::died) + Bytes{kDeath, 0, 0, 2, 1, kPump};
  folder.write("completions", "chunk-of-a-dead-worker",
               chunk + chunk_note(2, records_of(2, 10)) + dies + word(SlotStatus::running) +
                   Bytes{kLongResult, 0, 64, 0, 12, 1, 0, 0, 12} + records_of(1, 13) +
                   word(SlotStatus::done) + Bytes{kPump} + looks);
  // What a worker never writes: more items than there were, all of them and a death, a place
  // where no block begins.
  folder.write("completions", "chunk-of-too-many",
               chunk + chunk_note(2, records_of(7, 10)) + dies + looks);
  folder.write("completions", "chunk-of-all-and-a-death",
               chunk + chunk_note(4, records_of(4, 10)) + dies + looks);
  folder.write("completions", "chunk-between-blocks",
               chunk + chunk_note(2, records_of(2, 10)) + dies + word(SlotStatus::running) +
                   Bytes{kLongResult, 0, 12, 0, 12, 1, 0, 0, 12} + records_of(1, 13) +
                   word(SlotStatus::done) + Bytes{kPump} + looks);
  // Results that take no bytes: as many as somebody says.
  Bytes endless;
  put(endless, ChunkHeader::pack(ChunkRecord::values, ChunkHeader::kMaxItems, 0));
  folder.write("completions", "chunk-of-endless-nothing",
               replaces + Bytes{kSubmitChunk, 2, 3, 0} + word(SlotStatus::running) +
                   Bytes{kShortResult, 0, 8} + endless + Bytes{0} + word(SlotStatus::done) + looks);
  write_waits(folder, looks);
  write_telemetry(folder);
}

// ---- programs ----

// Header, sections (none, symbols, their names), symbols, names. Two functions and an object.
void write_programs(const Folder& folder) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 3;
  header.e_shoff = sizeof(header);
  const std::string_view names("\0one\0two", 9);
  const auto symbol = [](Elf64_Word name, unsigned char type, Elf64_Addr at, Elf64_Xword size) {
    return Elf64_Sym{.st_name = name,
                     .st_info = type,
                     .st_other = 0,
                     .st_shndx = 1,
                     .st_value = at,
                     .st_size = size};
  };
  const Elf64_Sym symbols[] = {symbol(1, STT_FUNC, 0x1000, 16), symbol(5, STT_GNU_IFUNC, 0x1010, 8),
                               symbol(1, STT_OBJECT, 0x2000, 8)};
  Elf64_Shdr sections[3]{};
  sections[1].sh_type = SHT_SYMTAB;
  sections[1].sh_link = 2;
  sections[1].sh_offset = sizeof(header) + sizeof(sections);
  sections[1].sh_size = sizeof(symbols);
  sections[2].sh_type = SHT_STRTAB;
  sections[2].sh_offset = sections[1].sh_offset + sizeof(symbols);
  sections[2].sh_size = names.size();
  Bytes bytes;
  put(bytes, std::uint64_t{0x1004});
  put(bytes, header);
  put(bytes, sections);
  put(bytes, symbols);
  bytes.insert(bytes.end(), names.begin(), names.end());
  folder.write("symbols", "three", bytes);
}

// ---- words and files ----

void write_words(const Folder& folder) {
  const std::pair<std::uint8_t, std::vector<std::string_view>> lines[] = {
      {0, {"ls", "--json"}},
      {0, {"show", "images", "--json"}},
      {1, {"--quick", "-s", "map", "-p", "py-*", "-w", "2", "-j", "a.json"}},
      {1, {"--from", "a.json", "--html", "a.html", "--svg", "a.svg"}},
      {1, {"--cell", "map,process,2,,100"}},
      {2, {"old.json", "new.json", "-t", "2.5", "--changes", "-p", "process"}},
      {3, {"-b", "512K", "-l9", "-w", "3", "-o", "out.gz", "in"}},
      {4, {"--kills", "150", "--seed", "7", "--round", "3", "--seconds", "1.5"}},
      {5, {"--scenario", "chunk", "--workers", "2", "--retries", "1", "--at", "812"}},
  };
  int number = 0;
  for (const auto& [program, words] : lines) {
    Bytes bytes{program};
    for (const std::string_view word : words) {
      bytes.insert(bytes.end(), word.begin(), word.end());
      bytes.push_back(0);
    }
    folder.write("command_lines", std::to_string(++number), bytes);
  }
}

void write_text(const Folder& folder, const std::string& target, const std::string& name,
                Bytes front, std::string_view text) {
  folder.write(target, name, std::move(front) + Bytes(text.begin(), text.end()));
}

void write_texts(const Folder& folder) {
  using namespace std::string_view_literals;
  const auto write = [&](const std::string& name, std::uint8_t reader, std::string_view text) {
    write_text(folder, "bench_text", name, {reader}, text);
  };
  write("sample", 0, "rate 1.5e7\nseconds 0.25\n");
  write("cell", 1, "process,2,kept,1000000");
  write("cell-of-six", 1, "thread,8,,100,64,4");
  write("counts", 2,
        "% time     seconds  usecs/call     calls    errors syscall\n"
        "------ ----------- ----------- --------- --------- ----------------\n"
        " 75.00    0.000012          12         1           execve\n"
        " 25.00    0.000004           2         2         1 access\n"
        "------ ----------- ----------- --------- --------- ----------------\n"
        "100.00    0.000016           5         3         1 total\n");
  write("logs", 3,
        "1700000000.100000 write(-1, \"muster-bench: begin\", 19) = -1 EBADF\n"
        "1700000000.200000 futex(0x7f0000000000, FUTEX_WAKE, 1) = 0\n"
        "1700000000.300000 write(-1, \"muster-bench: end\", 17) = -1 EBADF\n"
        "1700000000.400000 +++ exited with 0 +++\n"
        "\0"
        "1700000000.250000 read(3, \"\", 8) = 0\n"sv);
  write("words", 4, "a\tb\n\xc2\xb5s \xe2\x80\x93 \xf0\x9f\x99\x82 \xed\xa0\x80 \xff"sv);
}

// A result file with a case for all that a page shows: a run of both pools beside others, curves
// along an axis, percentiles, what is missing and what failed.
std::string results_for_a_page() {
  const auto figure = [](std::string_view key, std::string_view low, std::string_view high) {
    std::string text = "\"";
    text += key;
    text += "\":{\"median\":";
    text += low;
    text += ",\"lower_quartile\":";
    text += low;
    text += ",\"upper_quartile\":";
    text += high;
    text += ",\"runs\":[";
    text += low;
    for (int i = 0; i < 4; ++i) (text += ',') += i < 2 ? low : high;
    return text + "]}";
  };
  const auto row = [](std::string_view peer, std::string_view more) {
    std::string text = ",{\"peer\":\"";
    text += peer;
    text += "\",\"workers\":2,\"variant\":\"kept\",\"size\":1,";
    text += more;
    return text + '}';
  };
  std::string text =
      R"({"machine":{"processor":"p<&>"},"settings":{"peers":["a"]},"scenarios":[{"name":"throughput",)"
      R"("metrics":{"rate":{"title":"tasks","unit":"per_second","more_is_better":true}},"cases":[)"
      R"({"peer":"","workers":0,"variant":"m","size":1})";
  for (const std::string_view peer : {"process", "thread", "pipe", "loky"}) {
    text += row(peer, "\"values\":{" + figure("rate", "2e7", "3e7") + "}");
    text += row(peer, "\"x\":{\"tasks\":100},\"values\":{" + figure("rate", "1e6", "2e6") + "}");
    text += row(peer, "\"x\":{\"tasks\":1000},\"values\":{" + figure("rate", "1e4", "1e5") + "}");
  }
  text += row("asio", R"("missing":"install it")") + row("fork", R"("failure":"fails")");
  text +=
      R"(]},{"name":"latency","metrics":{"p50":{"title":"p50","unit":"seconds","more_is_better":false},)"
      R"("p99":{"title":"p99","unit":"seconds","more_is_better":false}},"cases":[)"
      R"({"peer":"serial","workers":0,"variant":"","size":1})";
  for (const std::string_view peer : {"process", "asio"}) {
    text += row(peer, "\"values\":{" + figure("p50", "3e-7", "4e-7") + "," +
                          figure("p99", "1e-6", "1e-3") + "}");
  }
  return text +
         R"(]},{"name":"bytes","metrics":{"b":{"title":"b","unit":"bytes",)"
         R"("more_is_better":false}},"cases":[{"peer":"process","workers":1,"variant":"",)"
         R"("size":1,"x":{"payload_bytes":4096},"values":{)" +
         figure("b", "4096", "4096") +
         R"(}},{"peer":"process","workers":1,"variant":"","size":1,"x":{"payload_bytes":65536},)"
         R"("values":{)" +
         figure("b", "65536", "1e9") + "}}]}]}";
}

void write_results(const Folder& folder) {
  const std::string_view results =
      R"({"schema":1,"machine":{"cpus":2,"cpu":"x"},"settings":{"runs":3,"workers":[1,2]},)"
      R"("doubts":["d"],"cut_short":"","scenarios":[{"name":"map","summary":"s","notes":["n"],)"
      R"("metrics":{"time":{"title":"t","unit":"seconds","more_is_better":false,"heat":"hot",)"
      R"("least_difference":0.1}},"cases":[{"peer":"process","peer_title":"pool","family":"f",)"
      R"("workers":2,"variant":"v","size":10,"payload_bytes":1,"threads":1,"heat":"cold",)"
      R"("x":{"tasks":10},"values":{"time":{"median":1.5,"lower_quartile":1.25,)"
      R"("upper_quartile":2,"runs":[1,1.5,2]}}},{"peer":"","workers":0,"variant":"w","size":1,)"
      R"("missing":"install it"},{"peer":"p","workers":0,"variant":"w","size":1,)"
      R"("failure":"it fails"}]}]})";
  Bytes bytes(results.begin(), results.end());
  folder.write("results_file", "one", bytes);
  bytes.push_back(0);
  std::string other(results);
  other.replace(other.find("1.25"), 4, "9.25");
  folder.write("results_file", "two", bytes + Bytes(other.begin(), other.end()));
  write_text(folder, "results_file", "page", {}, results_for_a_page());
}

// What journal.cpp reads: the whole file behind a 0; else how it is damaged, or its records.
void write_journals(const Folder& folder) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("muster-fuzz-seed." + std::to_string(::getpid()));
  {
    muster::ThreadPoolExecutor pool({.max_workers = 1});
    const auto text = [](int i) { return std::string(static_cast<std::size_t>(i), 'x'); };
    for (auto&& one : pool.map({.chunksize = 1, .journal = path}, text, std::vector<int>{0, 3, 40}))
      if (one.size() > 40) throw std::runtime_error("a string is longer than it was made");
  }
  std::ifstream file(path, std::ios::binary);
  const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove(path);
  folder.write("journal", "whole", Bytes{0} + bytes);
  folder.write("journal", "cut", Bytes{0} + Bytes(bytes.begin(), bytes.end() - 9));
  folder.write("journal", "unfinished", Bytes{0} + Bytes(bytes.begin(), bytes.begin() + 50));
  folder.write("journal", "flipped", Bytes{1, 0, 1, 0, 8});
  folder.write("journal", "shortened", Bytes{1, 0, 1, 1});
  folder.write("journal", "moved", Bytes{1, 0, 1, 2, 64, 1});
  folder.write("journal", "more", Bytes{1, 0, 1, 3, 3, 'a', 'b', 'c'});
  const Bytes record{4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11, 3, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c'};
  folder.write("journal", "records", Bytes{2} + record + record);
  folder.write("journal", "claims",
               Bytes{2, 4, 255, 255, 255, 255, 255, 255, 255, 255, 1, 3, 1, 2, 3});
}

void write_all(const Folder& folder) {
  write_pools(folder);
  write_values(folder, Types{});
  write_exceptions(folder);
  write_chunk<int>(folder, 2, [](int i) { return i; });
  write_chunk<std::string>(folder, 3,
                           [](int i) { return std::string(3, static_cast<char>('a' + i)); });
  write_chunk<void>(folder, 4, [](int) {});
  write_plays(folder);
  write_journals(folder);
  write_programs(folder);
  write_words(folder);
  write_texts(folder);
  write_results(folder);
}

}  // namespace
}  // namespace fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: fuzz-seeds FOLDER\n");
    return 2;
  }
  try {
    fuzz::write_all(fuzz::Folder(argv[1]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fuzz-seeds: %s\n", error.what());
    return 1;
  }
  return 0;
}
