// Maps with a journal, run again.

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/captured_log.hpp"
#include "support/own_folder.hpp"
#include "support/pool_kinds.hpp"
#include "support/shared_memory_latch.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::Journal;
using test_support::OpensAtExit;
using test_support::OwnFolder;
using test_support::PoolOf;
using test_support::read_file;
using test_support::SharedCounter;
using test_support::SharedGate;

using Numbers = std::vector<int>;

int square(int x) { return x * x; }
int cube(int x) { return x * x * x; }
long wide_square(int x) { return long{x} * x; }

Numbers count_to(int n) {
  Numbers numbers;
  for (int i = 0; i < n; ++i) numbers.push_back(i);
  return numbers;
}
Numbers squares_of(const Numbers& numbers) {
  Numbers squares;
  for (const int number : numbers) squares.push_back(square(number));
  return squares;
}

template <class Results>
Numbers read(Results&& results) {
  Numbers values;
  for (auto&& value : results) values.push_back(value);
  return values;
}

// Squares, and counts how often it ran.
auto counting(SharedCounter ran) {
  return [ran](int x) {
    ran.add();
    return x * x;
  };
}

template <class Kind>
class MapJournal : public testing::Test {
 protected:
  const OwnFolder folder_;
  const std::string path_ = folder_.file("map.journal");
};
TYPED_TEST_SUITE(MapJournal, test_support::PoolViews, test_support::PoolViewNames);

TYPED_TEST(MapJournal, GivesTheSameResultsAndRunsNothingAgain) {
  PoolOf<TypeParam> owner(2);
  const Numbers inputs = count_to(500);
  const Numbers expected = squares_of(inputs);
  const SharedCounter ran;
  for (const std::size_t chunksize : {0U, 1U, 7U, 1000U}) {
    SCOPED_TRACE(chunksize);
    const muster::MapOptions options{.chunksize = chunksize, .journal = this->path_};
    EXPECT_EQ(read(owner.view().map(options, counting(ran), inputs)), expected);
    EXPECT_EQ(ran.value(), 500);
    Numbers by_index(inputs.size());
    for (auto&& [index, value] : owner.view().map_unordered(options, counting(ran), inputs))
      by_index.at(index) = value;
    EXPECT_EQ(by_index, expected);
  }
  EXPECT_EQ(ran.value(), 500);
  EXPECT_EQ(Journal(this->path_).size(), 500U);
}

TYPED_TEST(MapJournal, RunsWhatIsMissing) {
  PoolOf<TypeParam> owner(2);
  const SharedCounter ran;
  const Numbers inputs = count_to(100);
  const auto map = [&](const Numbers& given) {
    return read(owner.view().map({.chunksize = 8, .journal = this->path_}, counting(ran), given));
  };
  map({inputs.begin(), inputs.begin() + 30});
  EXPECT_EQ(ran.value(), 30);
  EXPECT_EQ(map(inputs), squares_of(inputs));
  EXPECT_EQ(ran.value(), 100);
}

TYPED_TEST(MapJournal, RunsItemsWhoseInputChanged) {
  PoolOf<TypeParam> owner(2);
  const SharedCounter ran;
  Numbers inputs = count_to(60);
  const auto map = [&] {
    EXPECT_EQ(
        read(owner.view().map({.chunksize = 5, .journal = this->path_}, counting(ran), inputs)),
        squares_of(inputs));
  };
  map();
  for (const int changed : {0, 17, 18, 59}) inputs.at(static_cast<std::size_t>(changed)) += 1000;
  map();
  EXPECT_EQ(ran.value(), 64);
  map();
  EXPECT_EQ(ran.value(), 64);
  EXPECT_EQ(Journal(this->path_).size(), 60U);
}

TYPED_TEST(MapJournal, RunsAllWhereACaptureChanged) {
  PoolOf<TypeParam> owner(1);
  const SharedCounter ran;
  for (const int factor : {2, 3, 3}) {
    const auto scale = [ran, factor](int x) {
      ran.add();
      return factor * x;
    };
    EXPECT_EQ(read(owner.view().map({.journal = this->path_}, scale, Numbers{1, 2})),
              (Numbers{factor, 2 * factor}));
  }
  EXPECT_EQ(ran.value(), 4);
}

TYPED_TEST(MapJournal, RunsItemsThatFailedAgain) {
  PoolOf<TypeParam> owner(2);
  const SharedCounter ran;
  const SharedCounter works;
  const auto task = [ran, works](int x) {
    ran.add();
    if (x % 10 == 3 && works.value() == 0) throw std::runtime_error("not yet");
    return x * x;
  };
  const Numbers inputs = count_to(50);
  const auto failures = [&] {
    std::size_t count = 0;
    for (auto&& outcome :
         owner.view().map({.chunksize = 4, .journal = this->path_}, task, inputs).outcomes())
      count += outcome.has_value() ? 0 : 1;
    return count;
  };
  EXPECT_EQ(failures(), 5U);
  EXPECT_EQ(Journal(this->path_).size(), 45U);
  EXPECT_FALSE(Journal(this->path_).contains(13));
  works.add();
  EXPECT_EQ(failures(), 0U);
  EXPECT_EQ(ran.value(), 55);
}

// Also where nobody reads them, and while the map goes on.
TYPED_TEST(MapJournal, KeepsResultsAsTheyComeIn) {
  PoolOf<TypeParam> owner(1);
  const SharedCounter ran;
  const SharedGate gate;
  const OpensAtExit opens(gate);
  const auto task = [ran, gate](int x) {
    if (x == 7) gate.wait();
    ran.add();
    return x * x;
  };
  const Numbers inputs = count_to(20);
  {
    const auto results = owner.view().map({.chunksize = 1, .journal = this->path_}, task, inputs);
    while (Journal(this->path_).size() < 7) std::this_thread::yield();
  }
  gate.open();
  EXPECT_EQ(read(owner.view().map({.journal = this->path_}, task, inputs)), squares_of(inputs));
  // The seventh had begun, and was stopped or ended too late.
  EXPECT_LE(ran.value(), 21);
  EXPECT_GE(ran.value(), 20);
}

TYPED_TEST(MapJournal, TakesEndlessInputs) {
  PoolOf<TypeParam> owner(2);
  const SharedCounter ran;
  for (const int most : {30, 40}) {
    int next = 0;
    for (auto&& value : owner.view().map({.buffersize = 8, .journal = this->path_}, counting(ran),
                                         std::views::iota(0))) {
      ASSERT_EQ(value, square(next));
      if (++next == most) break;
    }
    // Each once, but for what was in flight at the end of the first map.
    EXPECT_LE(ran.value(), most + 16);
  }
  EXPECT_GE(Journal(this->path_).size(), 40U);
}

TYPED_TEST(MapJournal, KeepsResultsOfManyTypes) {
  PoolOf<TypeParam> owner(2);
  const SharedCounter ran;
  for (int i = 0; i < 2; ++i) {
    const auto texts = [ran](const std::string& text, int times) {
      ran.add();
      std::vector<std::string> all(static_cast<std::size_t>(times), text);
      return std::pair(all, std::optional<double>(times * 0.5));
    };
    int times = 0;
    for (auto&& [all, half] :
         owner.view().map({.chunksize = 2, .journal = this->folder_.file("texts")}, texts,
                          std::vector<std::string>{"", "one", "and another"}, count_to(3))) {
      EXPECT_EQ(all.size(), static_cast<std::size_t>(times));
      EXPECT_EQ(half, times * 0.5);
      ++times;
    }
    std::size_t items = 0;
    for ([[maybe_unused]] auto&& nothing : owner.view().map(
             {.journal = this->folder_.file("nothing")}, [ran](int) { ran.add(); }, count_to(9)))
      ++items;
    EXPECT_EQ(items, 9U);
    EXPECT_EQ(ran.value(), 12);
  }
}

TYPED_TEST(MapJournal, OfAnotherMapIsRefused) {
  PoolOf<TypeParam> owner(1);
  const Numbers inputs = count_to(5);
  read(owner.view().map({.journal = this->path_}, &square, inputs));
  const std::string before = read_file(this->path_);
  const auto expect_refused = [&](auto task) {
    try {
      static_cast<void>(owner.view().map({.journal = this->path_}, task, inputs));
      ADD_FAILURE() << "it was taken";
    } catch (const muster::InvalidArgumentError& error) {
      EXPECT_NE(std::string(error.what()).find("is of another map"), std::string::npos)
          << error.what();
      EXPECT_NE(std::string(error.what()).find("square"), std::string::npos) << error.what();
    }
  };
  expect_refused(&cube);
  expect_refused(&wide_square);
  expect_refused([](int x) { return x; });
  EXPECT_EQ(read_file(this->path_), before);
}

TYPED_TEST(MapJournal, IsWrittenByOneMapAtATime) {
  PoolOf<TypeParam> owner(1);
  const Numbers inputs = count_to(5);
  {
    auto results = owner.view().map({.journal = this->path_}, &square, inputs);
    try {
      static_cast<void>(owner.view().map({.journal = this->path_}, &square, inputs));
      ADD_FAILURE() << "it was taken";
    } catch (const muster::JournalError& error) {
      EXPECT_NE(std::string(error.what()).find("written by another map"), std::string::npos)
          << error.what();
    }
    EXPECT_EQ(read(results), squares_of(inputs));
  }
  EXPECT_EQ(read(owner.view().map({.journal = this->path_}, &square, inputs)), squares_of(inputs));
}

// A forked child does not hold on to it.
TYPED_TEST(MapJournal, IsFreeAfterItsMapThoughProcessesWereForkedMeanwhile) {
  PoolOf<TypeParam> owner(1);
  std::optional<muster::ProcessPoolExecutor> forked;
  {
    auto results = owner.view().map({.journal = this->path_}, &square, Numbers{1, 2});
    forked.emplace(muster::ProcessPoolOptions{.max_workers = 1});
    forked->submit([] {}).result();
    EXPECT_EQ(read(results), (Numbers{1, 4}));
  }
  EXPECT_EQ(read(owner.view().map({.journal = this->path_}, &square, Numbers{1, 2})),
            (Numbers{1, 4}));
}

// Files of this process may become no longer, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::uintmax_t bytes) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &old_), 0);
    rlimit limit = old_;
    limit.rlim_cur = bytes;
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FileSizeLimit() { EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &old_), 0); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
};

TYPED_TEST(MapJournal, ThatCannotBeWrittenGivesAllResultsAndThenThrows) {
  PoolOf<TypeParam> owner(1);
  const SharedCounter ran;
  const test_support::CapturedLog log;
  const Numbers inputs = count_to(40);
  read(owner.view().map({.journal = this->path_}, counting(ran), count_to(10)));
  const auto size = std::filesystem::file_size(this->path_);
  constexpr std::uintmax_t kRecord = 40;
  std::size_t kept = 0;
  {
    const FileSizeLimit limit(size + 5 * kRecord + 7);
    auto results =
        owner.view().map({.chunksize = 1, .journal = this->path_}, counting(ran), inputs);
    auto it = results.begin();
    std::string told;
    Numbers values;
    while (it != results.end()) {
      values.push_back(*it);
      try {
        ++it;
      } catch (const muster::JournalError& error) {
        told = error.what();
      }
    }
    // Inputs that had not been read when it failed are not run.
    ASSERT_GE(values.size(), 16U);
    const Numbers squares = squares_of(inputs);
    EXPECT_TRUE(std::equal(values.begin(), values.end(), squares.begin()));
    EXPECT_NE(told.find("cannot be written: File too large"), std::string::npos) << told;
    EXPECT_EQ(log.count("cannot be written: File too large"), 1U);
    EXPECT_EQ(ran.value(), static_cast<std::int64_t>(values.size()));
    kept = Journal(this->path_).size();
    EXPECT_EQ(kept, 15U);
    EXPECT_FALSE(Journal(this->path_).torn());
  }
  const auto before = ran.value();
  EXPECT_EQ(read(owner.view().map({.journal = this->path_}, counting(ran), inputs)),
            squares_of(inputs));
  EXPECT_EQ(ran.value() - before, static_cast<std::int64_t>(inputs.size() - kept));
}

TYPED_TEST(MapJournal, ThatCannotBeWrittenIsTheLastOutcome) {
  PoolOf<TypeParam> owner(1);
  const test_support::CapturedLog log;
  read(owner.view().map({.journal = this->path_}, &square, Numbers{1}));
  const FileSizeLimit limit(std::filesystem::file_size(this->path_));
  std::vector<bool> good;
  std::string told;
  for (auto&& outcome :
       owner.view().map({.journal = this->path_}, &square, Numbers{1, 2}).outcomes()) {
    good.push_back(outcome.has_value());
    try {
      static_cast<void>(outcome.value());
    } catch (const muster::JournalError& error) {
      told = error.what();
    }
  }
  EXPECT_EQ(good, (std::vector<bool>{true, true, false}));
  EXPECT_NE(told.find("File too large"), std::string::npos) << told;
}

// Endless maps come to an end where they can keep no more.
TYPED_TEST(MapJournal, ThatCannotBeWrittenEndsAnEndlessMap) {
  PoolOf<TypeParam> owner(1);
  const test_support::CapturedLog log;
  read(owner.view().map({.journal = this->path_}, &square, Numbers{0}));
  const FileSizeLimit limit(std::filesystem::file_size(this->path_));
  int next = 0;
  EXPECT_THROW(
      {
        for (const int value : owner.view().map({.buffersize = 4, .journal = this->path_}, &square,
                                                std::views::iota(0))) {
          EXPECT_EQ(value, square(next));
          ++next;
        }
      },
      muster::JournalError);
  EXPECT_GE(next, 1);
}

TYPED_TEST(MapJournal, IsNamedOnlyForCallablesThatCaptureNoAddress) {
  PoolOf<TypeParam> owner(1);
  const int here = 3;
  const auto task = [&here](int x) { return here * x; };
  EXPECT_THROW(static_cast<void>(owner.view().map({.journal = this->path_}, task, Numbers{1})),
               muster::InvalidArgumentError);
  EXPECT_FALSE(std::filesystem::exists(this->path_));
}

TEST(ThreadMapJournal, IsRefusedWhereNothingSaysWhatTheBytesAre) {
  const OwnFolder folder;
  muster::ThreadPoolExecutor pool({.max_workers = 1});
  const muster::MapOptions options{.journal = folder.file("map.journal")};
  const std::function<int(int)> opaque = square;
  EXPECT_THROW(static_cast<void>(pool.map(options, opaque, Numbers{1})),
               muster::InvalidArgumentError);
  const auto pointers = [](int) { return std::shared_ptr<int>(); };
  EXPECT_THROW(static_cast<void>(pool.map(options, pointers, Numbers{1})),
               muster::InvalidArgumentError);
  const auto given = [](const int* x) { return x == nullptr; };
  EXPECT_THROW(static_cast<void>(pool.map(options, given, std::vector<const int*>{nullptr})),
               muster::InvalidArgumentError);
}

// What only names memory that is shared cannot be kept, and is not lost.
TEST(ProcessMapJournal, SaysThatItCannotKeepAResult) {
  const OwnFolder folder;
  const test_support::CapturedLog log;
  muster::ProcessPoolExecutor pool({.max_workers = 1});
  const auto task = [](int x) {
    muster::SharedArray<int> array(1);
    array[0] = x;
    return array;
  };
  auto results = pool.map({.journal = folder.file("map.journal")}, task, Numbers{7});
  auto it = results.begin();
  EXPECT_EQ((*it)[0], 7);
  try {
    ++it;
    ADD_FAILURE() << "nothing was thrown";
  } catch (const muster::JournalError& error) {
    EXPECT_NE(std::string(error.what()).find("cannot keep the result of item 0"), std::string::npos)
        << error.what();
  }
}

TEST(ProcessMapJournal, TakesAWorkersDeath) {
  const OwnFolder folder;
  const std::string path = folder.file("map.journal");
  const SharedCounter ran;
  const SharedCounter dies;
  dies.add();
  const auto task = [ran, dies](int x) {
    if (x == 11 && dies.value() != 0) ::raise(SIGKILL);
    ran.add();
    return x * x;
  };
  muster::ProcessPoolExecutor pool(
      {.max_workers = 2, .on_worker_death = muster::OnWorkerDeath::replace});
  const Numbers inputs = count_to(30);
  std::size_t failed = 0;
  for (auto&& outcome : pool.map({.chunksize = 6, .journal = path}, task, inputs).outcomes())
    failed += outcome.has_value() ? 0 : 1;
  EXPECT_EQ(failed, 1U);
  EXPECT_EQ(Journal(path).size(), 29U);
  dies.add(-1);
  EXPECT_EQ(read(pool.map({.journal = path}, task, inputs)), squares_of(inputs));
  EXPECT_EQ(ran.value(), 30);
}

// One that threads have written is one for processes.
TEST(ProcessMapJournal, GoesOnWithWhatThreadsHaveWritten) {
  const OwnFolder folder;
  const std::string path = folder.file("map.journal");
  const SharedCounter ran;
  const auto task = counting(ran);
  {
    muster::ThreadPoolExecutor pool({.max_workers = 2});
    read(pool.map({.journal = path}, task, count_to(20)));
  }
  muster::ProcessPoolExecutor pool({.max_workers = 2});
  EXPECT_EQ(read(pool.map({.journal = path}, task, count_to(30))), squares_of(count_to(30)));
  EXPECT_EQ(ran.value(), 30);
}

}  // namespace
