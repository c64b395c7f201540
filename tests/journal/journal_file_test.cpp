// The file of a journal: whatever is cut off it or changed in it, no result is read that was not
// written.

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/own_folder.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::Journal;
using test_support::OwnFolder;
using test_support::read_file;
using test_support::write_file;

// Of lengths that are and are not multiples of 8, and none.
std::string text_of(std::uint64_t number) {
  return std::string(number % 19, static_cast<char>('a' + number % 26));
}

class JournalFile : public testing::Test {
 protected:
  static constexpr std::size_t kItems = 12;

  std::vector<std::uint64_t> numbers() const {
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t i = 0; i < kItems; ++i) numbers.push_back(i * 5);
    return numbers;
  }
  // One worker and chunks of one: the records stand in the order of the items.
  std::vector<std::string> run() {
    muster::ThreadPoolExecutor pool({.max_workers = 1});
    std::vector<std::string> texts;
    for (auto&& text : pool.map({.chunksize = 1, .journal = path_}, &text_of, numbers()))
      texts.push_back(text);
    return texts;
  }

  // What can be read, which must be what was written; none where the file is refused.
  std::optional<std::size_t> readable() const {
    try {
      const Journal journal(path_);
      for (const std::size_t index : journal.indexes()) {
        EXPECT_LT(index, kItems);
        EXPECT_EQ(journal.value<std::string>(index), text_of(numbers().at(index)));
      }
      return journal.size();
    } catch (const muster::InvalidArgumentError&) {
      return std::nullopt;
    }
  }

  const OwnFolder folder_;
  const std::string path_ = folder_.file("texts.journal");
};

TEST_F(JournalFile, TellsWhatItIsOf) {
  run();
  const Journal journal(path_);
  EXPECT_EQ(journal.size(), kItems);
  EXPECT_FALSE(journal.empty());
  EXPECT_FALSE(journal.torn());
  EXPECT_NE(journal.callable().find("text_of"), std::string::npos) << journal.callable();
  EXPECT_NE(journal.result_type().find("string"), std::string::npos) << journal.result_type();
  for (std::size_t i = 0; i < kItems; ++i) {
    EXPECT_TRUE(journal.contains(i));
    EXPECT_EQ(journal.indexes().at(i), i);
  }
  EXPECT_FALSE(journal.contains(kItems));
  EXPECT_THROW(static_cast<void>(journal.value<std::string>(kItems)), muster::InvalidArgumentError);
  EXPECT_THROW(static_cast<void>(journal.value<int>(0)), muster::InvalidArgumentError);
}

TEST_F(JournalFile, CutOffAnywhereIsReadUpToTheLastWholeRecord) {
  run();
  const std::string whole = read_file(path_);
  std::size_t before = 0;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    SCOPED_TRACE(size);
    write_file(path_, whole.substr(0, size));
    const auto items = readable();
    ASSERT_TRUE(items.has_value());
    // One more item with each record, none lost.
    EXPECT_GE(*items, before);
    EXPECT_LE(*items, before + 1);
    before = *items;
  }
  EXPECT_EQ(before, kItems);
}

TEST_F(JournalFile, ChangedAnywhereGivesNoWrongResult) {
  run();
  const std::string whole = read_file(path_);
  std::size_t refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xff}) {
      SCOPED_TRACE(at);
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ change);
      write_file(path_, bytes);
      const auto items = readable();
      refused += items ? 0 : 1;
      // The record that it is in is not believed, nor what stands behind.
      if (items) {
        EXPECT_LT(*items, kItems);
      }
    }
  }
  EXPECT_GT(refused, 0U);
  EXPECT_LT(refused, 3 * whole.size());
}

TEST_F(JournalFile, WhoseRecordSaysThatItIsVeryLongTakesNoMemoryForThat) {
  constexpr std::size_t kFalseBytes = std::size_t{256} << 20;
  run();
  std::string whole = read_file(path_);
  const std::size_t record = whole.rfind("item");  // its mark; values are of one letter each
  ASSERT_NE(record, std::string::npos);
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, whole.data() + record + 24, sizeof(bytes));
  bytes += kFalseBytes;
  std::memcpy(whole.data() + record + 24, &bytes, sizeof(bytes));
  write_file(path_, whole);
  std::filesystem::resize_file(path_, whole.size() + kFalseBytes);  // a hole of zeros
  rusage before{};
  rusage after{};
  ::getrusage(RUSAGE_SELF, &before);
  const Journal journal(path_);
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(journal.size(), kItems - 1);
  EXPECT_TRUE(journal.torn());
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 16 * 1024) << "KiB";
}

TEST_F(JournalFile, ThatIsAPipeIsAnErrorAndNotWaitedFor) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THROW(Journal{path_}, muster::JournalError);
}

// Disks that lose what was written to them leave zeros, or what stood there before.
TEST_F(JournalFile, WithBlocksOfZerosOrOfAnotherJournalGivesNoWrongResult) {
  run();
  const std::string whole = read_file(path_);
  const std::string other_path = folder_.file("other.journal");
  muster::ThreadPoolExecutor pool({.max_workers = 1});
  {
    std::vector<std::uint64_t> others;
    for (const std::uint64_t number : numbers()) others.push_back(number + 1);
    for (auto&& text : pool.map({.chunksize = 1, .journal = other_path}, &text_of, others))
      ASSERT_FALSE(text.size() > 19);
  }
  const std::string other = read_file(other_path);
  for (std::size_t begin = 0; begin < whole.size(); begin += 8) {
    for (const std::size_t size : {8U, 64U, 512U}) {
      SCOPED_TRACE(begin);
      std::string bytes = whole;
      const std::size_t end = std::min(begin + size, whole.size());
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                bytes.begin() + static_cast<std::ptrdiff_t>(end), '\0');
      write_file(path_, bytes);
      readable();
      bytes = whole;
      for (std::size_t i = begin; i < std::min(end, other.size()); ++i) bytes[i] = other[i];
      // With the other's header it is the other journal, and not this one.
      if (begin < 40) continue;
      write_file(path_, bytes);
      readable();
    }
  }
}

TEST_F(JournalFile, IsCutToItsLastWholeRecordBeforeItIsWrittenOn) {
  run();
  const std::string whole = read_file(path_);
  for (const std::size_t lost : {1U, 9U, 40U, 100U}) {
    write_file(path_, whole.substr(0, whole.size() - lost));
    EXPECT_TRUE(Journal(path_).torn());
    EXPECT_LT(Journal(path_).size(), kItems);
    run();
    EXPECT_FALSE(Journal(path_).torn());
    EXPECT_EQ(readable(), kItems);
    EXPECT_EQ(read_file(path_).size(), whole.size());
  }
  write_file(path_, whole + "what a crash has left");
  EXPECT_EQ(Journal(path_).torn_bytes(), 21U);
  run();
  EXPECT_EQ(read_file(path_), whole);
}

TEST_F(JournalFile, WhoseMakingWasCutShortIsMadeAnew) {
  run();
  const std::string whole = read_file(path_);
  for (const std::size_t size : {0U, 1U, 7U, 20U, 39U, 41U, 60U}) {
    SCOPED_TRACE(size);
    write_file(path_, whole.substr(0, size));
    EXPECT_EQ(Journal(path_).size(), 0U);
    run();
    EXPECT_EQ(readable(), kItems);
  }
  write_file(path_, std::string(4096, '\0'));
  EXPECT_TRUE(Journal(path_).torn());
  run();
  EXPECT_EQ(readable(), kItems);
}

TEST_F(JournalFile, ThatIsNoneIsRefusedAndLeftAsItIs) {
  for (const char* content :
       {"x", "a letter to somebody", "muster-letter, and more than 40 bytes"}) {
    write_file(path_, content);
    EXPECT_THROW(Journal{path_}, muster::InvalidArgumentError);
    EXPECT_THROW(run(), muster::InvalidArgumentError);
    EXPECT_EQ(read_file(path_), content);
  }
}

TEST_F(JournalFile, OfAnotherVersionOrByteOrderIsRefused) {
  run();
  const std::string whole = read_file(path_);
  for (const std::size_t at : {8U, 12U}) {
    std::string bytes = whole;
    bytes[at] = 7;
    write_file(path_, bytes);
    try {
      run();
      ADD_FAILURE() << "it was taken";
    } catch (const muster::InvalidArgumentError& error) {
      EXPECT_NE(std::string(error.what()).find(at == 8 ? "version 7" : "byte order"),
                std::string::npos)
          << error.what();
    }
    EXPECT_EQ(read_file(path_), bytes);
  }
}

TEST_F(JournalFile, ThatIsNotThereIsAnError) {
  EXPECT_THROW(Journal{folder_.file("none")}, muster::JournalError);
  muster::ThreadPoolExecutor pool({.max_workers = 1});
  EXPECT_THROW(static_cast<void>(pool.map({.journal = folder_.file("no/folder")}, &text_of,
                                          std::vector<std::uint64_t>{1})),
               muster::JournalError);
}

}  // namespace
