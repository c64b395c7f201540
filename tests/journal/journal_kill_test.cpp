// A program that is killed while its map runs, and is started again.

#include <signal.h>

#include <string>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/own_folder.hpp"
#include "support/program.hpp"
#include "support/watchdog.hpp"

namespace {

using test_support::OwnFolder;
using test_support::Program;
using test_support::read_file;

constexpr int kItems = 100;
constexpr int kBlocks = 61;  // within a chunk
constexpr int kRead = 57;    // the last chunk before it has ended when these were read

TEST(KilledClient, GoesOnWhereItWas) {
  const OwnFolder folder;
  const std::string path = folder.file("squares.journal");
  const std::string ran = folder.file("ran");
  {
    Program client("journal_client", {path, ran, std::to_string(kItems), std::to_string(kBlocks)});
    for (int i = 0; i < kRead; ++i) ASSERT_EQ(client.read_line(), std::to_string(i * i));
    // Two programs on one journal.
    muster::ThreadPoolExecutor pool({.max_workers = 1});
    try {
      static_cast<void>(pool.map(
          {.journal = path}, [](int x) { return x; }, std::vector<int>{1}));
      ADD_FAILURE() << "two write one journal";
    } catch (const muster::JournalError& error) {
      EXPECT_NE(std::string(error.what()).find("written by another"), std::string::npos)
          << error.what();
    }
    ::kill(client.pid(), SIGKILL);
    EXPECT_EQ(client.wait().term_signal, SIGKILL);
  }
  const std::size_t ran_before = read_file(ran).size();
  std::size_t kept = 0;
  {
    const muster::Journal journal(path);
    kept = journal.size();
    // What was read was written before.
    EXPECT_GE(kept, static_cast<std::size_t>(kRead));
    EXPECT_LE(kept, ran_before);
    for (const std::size_t index : journal.indexes())
      EXPECT_EQ(journal.value<int>(index), static_cast<int>(index * index));
  }

  Program again("journal_client", {path, ran, std::to_string(kItems), std::to_string(kItems)});
  for (int i = 0; i < kItems; ++i) EXPECT_EQ(again.read_line(), std::to_string(i * i));
  EXPECT_EQ(again.read_line(), "done");
  EXPECT_EQ(again.wait().exit_code, 0);
  EXPECT_EQ(read_file(ran).size(), ran_before + kItems - kept);
  EXPECT_EQ(muster::Journal(path).size(), static_cast<std::size_t>(kItems));
}

}  // namespace
