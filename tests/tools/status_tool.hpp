#pragma once

// Runs the status tool and reads what it prints. Other pools of this user may live meanwhile, so
// tests look for theirs by this process's pid and the pool's name.

#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/program.hpp"

namespace test_support {

using Json = nlohmann::json;

inline const std::string kTool = "tools/muster/muster";  // in MUSTER_TEST_PROGRAMS

inline ProgramEnd run_tool(std::vector<std::string> arguments) {
  return Program(kTool, std::move(arguments)).wait();
}

// See programs/run_in.cpp.
inline ProgramEnd run_tool_in(const std::string& situation, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {situation, std::string(MUSTER_TEST_PROGRAMS) + "/" + kTool});
  return Program("tests/tools/programs/run_in", std::move(arguments)).wait();
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The words of the first line of a table whose word at `column` is this; none where there is none.
inline std::vector<std::string> row_with(const std::string& table, std::size_t column,
                                         const std::string& word) {
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream text(line);
    const std::vector<std::string> words(std::istream_iterator<std::string>(text), {});
    if (column < words.size() && words[column] == word) return words;
  }
  return {};
}

// `muster ls --json`.
inline Json list() { return Json::parse(run_tool({"ls", "--json"}).out); }

// Those of them that have this client and name.
inline std::vector<Json> listed(const Json& list, const std::string& name,
                                pid_t client = ::getpid()) {
  std::vector<Json> pools;
  for (const Json& pool : list.at("pools")) {
    if (pool.at("name") == name && pool.at("client").at("pid") == client) pools.push_back(pool);
  }
  return pools;
}

// The one of this client and name. Throws, and so fails the test, where it is not listed once.
inline Json listed_once(const std::string& name, pid_t client = ::getpid()) {
  const Json all = list();
  const auto pools = listed(all, name, client);
  if (pools.size() != 1) throw std::runtime_error("not listed once: " + name + "\n" + all.dump(2));
  return pools.front();
}

// The same, once it is in that state.
inline Json await_state(const std::string& name, const std::string& state,
                        pid_t client = ::getpid()) {
  for (;;) {
    Json pool = listed_once(name, client);
    if (pool.at("state") == state) return pool;
  }
}

// `muster show WORDS --json`: its "pool".
inline Json shown(const std::string& words) {
  const ProgramEnd end = run_tool({"show", words, "--json"});
  if (end.exit_code != 0) throw std::runtime_error("not shown: " + words + ": " + end.err);
  return Json::parse(end.out).at("pool");
}

// Why memory of this name that this process holds is skipped; "" where it is not.
inline std::string skipped_reason(const Json& list, const std::string& name) {
  for (const Json& skipped : list.at("skipped")) {
    if (skipped.at("name") != name) continue;
    for (const Json& process : skipped.at("processes")) {
      if (process.at("pid") == ::getpid()) return skipped.at("reason");
    }
  }
  return "";
}

}  // namespace test_support
