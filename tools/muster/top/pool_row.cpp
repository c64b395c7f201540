#include "pool_row.hpp"

#include <array>

#include <fmt/format.h>

#include "screen_text.hpp"
#include "tools/muster/text.hpp"

namespace muster_tool::top {

namespace {

using muster::PoolState;

SortKey by(std::uint64_t number) { return {static_cast<double>(number), {}}; }

SortKey by(const std::optional<muster::Duration>& time) {
  return {time ? time->seconds() : -1, {}};
}

std::optional<muster::Duration> p50(const PoolRow& row) {
  return row.run_time ? std::optional(row.run_time->p50) : std::nullopt;
}
std::optional<muster::Duration> p99(const PoolRow& row) {
  return row.run_time ? std::optional(row.run_time->p99) : std::nullopt;
}

using Row = PoolRow;

constexpr std::array<Column<Row>, 13> kColumns{{
    {.title = "NAME",
     .word = "name",
     .stretches = true,
     .rank = 0,
     .text = [](const Row& row) { return screen_text(row.pool.name); },
     .key =
         [](const Row& row) {
           return SortKey{0, row.pool.name};
         }},
    {.title = "ID",
     .word = "id",
     .rank = 12,
     .text = [](const Row& row) { return row.pool.id; },
     .key =
         [](const Row& row) {
           return SortKey{0, row.pool.id};
         }},
    {.title = "CLIENT",
     .word = "client",
     .align = Align::right,
     .rank = 6,
     .text = [](const Row& row) { return std::to_string(row.pool.client_pid); },
     .key =
         [](const Row& row) {
           return SortKey{static_cast<double>(row.pool.client_pid), {}};
         }},
    {.title = "COMMAND",
     .word = "command",
     .rank = 11,
     .text = [](const Row& row) { return screen_text(row.pool.command); },
     .key =
         [](const Row& row) {
           return SortKey{0, row.pool.command};
         }},
    {.title = "STATE",
     .word = "state",
     .rank = 1,
     .text = [](const Row& row) { return std::string(to_string(row.pool.state)); },
     .key =
         [](const Row& row) {
           return SortKey{0, to_string(row.pool.state)};
         }},
    {.title = "WORKERS",
     .word = "workers",
     .align = Align::right,
     .descending = true,
     .rank = 4,
     .text =
         [](const Row& row) {
           return fmt::format("{}/{}", row.pool.workers_alive, row.pool.stats.workers.size());
         },
     .key = [](const Row& row) { return by(row.pool.workers_alive); }},
    {.title = "QUEUED",
     .word = "queued",
     .align = Align::right,
     .descending = true,
     .rank = 2,
     .text = [](const Row& row) { return std::to_string(row.pool.stats.queued); },
     .key = [](const Row& row) { return by(row.pool.stats.queued); }},
    {.title = "RUNNING",
     .word = "running",
     .align = Align::right,
     .descending = true,
     .rank = 7,
     .text = [](const Row& row) { return std::to_string(row.pool.stats.running); },
     .key = [](const Row& row) { return by(row.pool.stats.running); }},
    {.title = "DONE/S",
     .word = "done",
     .align = Align::right,
     .descending = true,
     .rank = 3,
     .text = [](const Row& row) { return short_number(row.done_per_second); },
     .key =
         [](const Row& row) {
           return SortKey{row.done_per_second.value_or(-1), {}};
         }},
    {.title = "P50",
     .word = "p50",
     .align = Align::right,
     .descending = true,
     .rank = 9,
     .text = [](const Row& row) { return describe(p50(row)); },
     .key = [](const Row& row) { return by(p50(row)); }},
    {.title = "P99",
     .word = "p99",
     .align = Align::right,
     .descending = true,
     .rank = 8,
     .text = [](const Row& row) { return describe(p99(row)); },
     .key = [](const Row& row) { return by(p99(row)); }},
    {.title = "DEATHS",
     .word = "deaths",
     .align = Align::right,
     .descending = true,
     .rank = 5,
     .text = [](const Row& row) { return std::to_string(row.pool.stats.deaths); },
     .key = [](const Row& row) { return by(row.pool.stats.deaths); }},
    {.title = "AGE",
     .word = "age",
     .align = Align::right,
     .descending = true,
     .rank = 10,
     .text = [](const Row& row) { return muster_tool::describe(row.pool.age); },
     .key =
         [](const Row& row) {
           return SortKey{row.pool.age.seconds(), {}};
         }},
}};

}  // namespace

Style style_of(PoolState state) {
  switch (state) {
    case PoolState::ok:
    case PoolState::starting: return Style::good;
    case PoolState::broken:
    case PoolState::orphan: return Style::bad;
    default: return Style::warning;
  }
}

Style PoolRow::style() const {
  const Style style = style_of(pool.state);
  return style == Style::good ? Style::plain : style;
}

std::span<const Column<PoolRow>> pool_columns() { return kColumns; }

}  // namespace muster_tool::top
