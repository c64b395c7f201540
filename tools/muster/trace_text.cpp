#include "trace_text.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include <fmt/format.h>

#include "json.hpp"
#include "text.hpp"

namespace muster_tool {

namespace {

constexpr int kProcess = 1;
constexpr int kClientTrack = 1;

int track_of(const std::optional<std::size_t>& worker) {
  return worker ? static_cast<int>(*worker) + kClientTrack + 1 : kClientTrack;
}

std::string json_string(std::string_view text) {
  return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
}

// What is written at one time is in this order: a slice before the arrows that are to find it.
enum class Kind { submit, slice, flow_begin, flow_step, flow_end, mark, depth };

struct Entry {
  TraceTime at = 0;
  Kind kind = Kind::submit;
  std::size_t index = 0;  // into the part of the model that it is of
};

// Of a task whose submission and run are both there: its slices.
struct Flow {
  std::size_t submit = 0;
  std::size_t last_slice = 0;
};

class Writer {
 public:
  Writer(const TraceModel& model, const muster::PoolInfo& pool) : model_(model), pool_(pool) {
    find_flows();
    sort();
  }

  std::string write(std::uint64_t lost) && {
    // To a nanosecond: else Chrome's importer puts tasks that are closer into one another.
    text_ = "{\"displayTimeUnit\":\"ns\",\n";
    add("\"otherData\":{{\"schema\":1,\"pool\":{},\"id\":{},\"client\":\"{}\",\"created\":\"{}\","
        "\"lost_events\":\"{}\"}},\n\"traceEvents\":[\n",
        json_string(pool_.name), json_string(pool_.id), pool_.client_pid, rfc3339(pool_.created),
        lost);
    write_names();
    for (const Entry& entry : entries_) write(entry);
    text_ += "\n]}\n";
    return std::move(text_);
  }

 private:
  void find_flows() {
    std::unordered_map<std::uint64_t, std::size_t> submits;
    for (std::size_t i = 0; i < model_.submits.size(); ++i) {
      submits.emplace(model_.submits[i].task_id, i);
    }
    for (std::size_t i = 0; i < model_.slices.size(); ++i) {
      const TraceSlice& slice = model_.slices[i];
      const auto submit = submits.find(slice.task_id);
      // An arrow does not go back in time.
      if (submit == submits.end() || model_.submits[submit->second].begin > slice.begin) continue;
      flows_.try_emplace(slice.task_id, Flow{submit->second, i}).first->second.last_slice = i;
    }
  }

  void sort() {
    for (std::size_t i = 0; i < model_.submits.size(); ++i) {
      const TraceSubmit& submit = model_.submits[i];
      entries_.push_back({submit.begin, Kind::submit, i});
      if (flows_.contains(submit.task_id)) entries_.push_back({submit.begin, Kind::flow_begin, i});
    }
    for (std::size_t i = 0; i < model_.slices.size(); ++i) {
      const TraceSlice& slice = model_.slices[i];
      entries_.push_back({slice.begin, Kind::slice, i});
      const auto flow = flows_.find(slice.task_id);
      if (flow == flows_.end() || model_.submits[flow->second.submit].begin > slice.begin) continue;
      entries_.push_back({slice.begin, Kind::flow_step, i});
      // Within the slice, so that it is bound to it and not to the one that follows.
      if (flow->second.last_slice == i) entries_.push_back({slice.end - 1, Kind::flow_end, i});
    }
    for (std::size_t i = 0; i < model_.marks.size(); ++i) {
      entries_.push_back({model_.marks[i].at, Kind::mark, i});
    }
    for (std::size_t i = 0; i < model_.depths.size(); ++i) {
      entries_.push_back({model_.depths[i].at, Kind::depth, i});
    }
    std::ranges::stable_sort(entries_, [](const Entry& a, const Entry& b) {
      return a.at != b.at ? a.at < b.at : a.kind < b.kind;
    });
  }

  void write_names() {
    add("{{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":{},\"tid\":{},\"ts\":0,"
        "\"args\":{{\"name\":{}}}}}",
        kProcess, kClientTrack, json_string("pool " + pool_.name));
    write_track(std::nullopt, fmt::format("client {} ({})", pool_.client_pid, pool_.command));
    for (const muster::WorkerStats& worker : pool_.stats.workers) {
      write_track(worker.index, fmt::format("worker {}", worker.index));
    }
  }

  void write_track(const std::optional<std::size_t>& worker, const std::string& name) {
    const int track = track_of(worker);
    add(",\n{{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":{},\"tid\":{},\"ts\":0,"
        "\"args\":{{\"name\":{}}}}}",
        kProcess, track, json_string(name));
    add(",\n{{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":{},\"tid\":{},\"ts\":0,"
        "\"args\":{{\"sort_index\":{}}}}}",
        kProcess, track, track);
  }

  void write(const Entry& entry) {
    switch (entry.kind) {
      case Kind::submit: return write(model_.submits[entry.index]);
      case Kind::slice: return write(model_.slices[entry.index]);
      case Kind::flow_begin:
        return write_flow('s', entry.at, kClientTrack, model_.submits[entry.index].task_id);
      case Kind::flow_step:
      case Kind::flow_end: {
        const TraceSlice& slice = model_.slices[entry.index];
        return write_flow(entry.kind == Kind::flow_end ? 'f' : 't', entry.at,
                          track_of(slice.worker), slice.task_id);
      }
      case Kind::mark: return write(model_.marks[entry.index]);
      case Kind::depth: return write(model_.depths[entry.index]);
    }
  }

  void write(const TraceSubmit& submit) {
    begin('X', submit.begin, kClientTrack);
    add(",\"dur\":{},\"cat\":\"submit\",\"name\":{},\"args\":{{\"id\":{},\"sampling\":{}}}}}",
        microseconds(submit.end - submit.begin), name(submit.name), submit.task_id,
        submit.sampling);
  }

  void write(const TraceSlice& slice) {
    begin('X', slice.begin, track_of(slice.worker));
    add(",\"dur\":{},\"cat\":\"task\",\"name\":{},\"args\":{{\"id\":{},\"attempt\":{},"
        "\"outcome\":\"{}\",\"sampling\":{}}}}}",
        microseconds(slice.end - slice.begin), name(slice.name), slice.task_id, slice.attempt,
        slice.outcome, slice.sampling);
  }

  void write_flow(char phase, TraceTime at, int track, std::uint64_t id) {
    begin(phase, at, track);
    add(",\"cat\":\"task\",\"name\":\"task\",\"id\":{}{}}}", id,
        phase == 'f' ? ",\"bp\":\"e\"" : "");
  }

  void write(const TraceMark& mark) {
    begin('i', mark.at, track_of(mark.worker));
    add(",\"s\":\"t\",\"cat\":\"mark\",\"name\":{},\"args\":{{\"text\":{}}}}}",
        json_string(mark.name), json_string(mark.text));
  }

  void write(const TraceDepth& depth) {
    begin('C', depth.at, kClientTrack);
    add(",\"name\":\"tasks\",\"args\":{{\"queued\":{},\"running\":{}}}}}", depth.queued,
        depth.running);
  }

  void begin(char phase, TraceTime at, int track) {
    add(",\n{{\"ph\":\"{}\",\"ts\":{},\"pid\":{},\"tid\":{}", phase, microseconds(at), kProcess,
        track);
  }

  // Exact, where a floating-point number would round.
  static std::string microseconds(TraceTime ns) {
    return fmt::format("{}.{:03}", ns / 1000, ns % 1000);
  }

  const std::string& name(std::string_view name) {
    std::string& known = names_[name];
    if (known.empty()) known = json_string(name);
    return known;
  }

  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
  }

  const TraceModel& model_;
  const muster::PoolInfo& pool_;
  std::unordered_map<std::uint64_t, Flow> flows_;  // by task
  std::vector<Entry> entries_;
  std::unordered_map<std::string_view, std::string> names_;
  std::string text_;
};

}  // namespace

std::string trace_text(const TraceModel& model, const muster::PoolInfo& pool, std::uint64_t lost) {
  return Writer(model, pool).write(lost);
}

}  // namespace muster_tool
