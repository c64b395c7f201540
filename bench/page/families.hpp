#pragma once

#include <array>
#include <string_view>

#include "bench/model/results.hpp"

namespace bench {

// What kind of thing a peer is: its colour, and with what it is compared.
struct Family {
  std::string_view name;   // by which peers name it
  std::string_view title;  // for the reader
  std::string_view css;    // its class
};

inline constexpr std::array<Family, 6> kFamilies = {{
    {"muster-process", "Muster process pool", "f-process"},
    {"muster-thread", "Muster thread pool", "f-thread"},
    {"threads", "thread pools", "f-threads"},
    {"processes", "process pools", "f-processes"},
    {"python", "Python", "f-python"},
    {"serial", "serial", "f-serial"},
}};

const Family& family_of(const CaseRow& row);
inline bool is_muster(const CaseRow& row) { return row.peer == "process" || row.peer == "thread"; }

}  // namespace bench
