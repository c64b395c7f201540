// WorkerLimits::files.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "lib/limits/landlock.hpp"
#include "support/limited_pool.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::FileRules;
using muster::ProcessPoolExecutor;
using test_support::error_of;
using test_support::limited;
using test_support::or_throw;

constexpr auto kDenied = std::errc::permission_denied;

// Whether it can be opened so.
void open_file(const std::string& path, int flags) {
  ::close(static_cast<int>(or_throw(::open(path.c_str(), flags | O_CLOEXEC, 0600))));
}

class Files : public testing::Test {
 protected:
  void SetUp() override {
    if (muster::detail::landlock_version() < muster::detail::kLeastLandlock) {
      GTEST_SKIP() << "this kernel has no Landlock of version 3 or later";
    }
    char folder[] = "/tmp/muster-files-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    root_ = folder;
    for (const char* each : {"in", "out", "other"}) {
      std::filesystem::create_directory(path(each));
      std::ofstream(path(each) + "/file") << "text";
    }
  }
  void TearDown() override {
    if (!root_.empty()) std::filesystem::remove_all(root_);
  }

  std::string path(const std::string& below) const { return root_ + "/" + below; }
  muster::WorkerLimits rules() const {
    return {.files = FileRules{.read = {path("in")}, .write = {path("out")}}};
  }

 private:
  std::string root_;
};

TEST_F(Files, CanBeReadBelowWhatMayBeRead) {
  ProcessPoolExecutor pool(limited(rules()));
  for (int i = 0; i < 2; ++i) {
    pool.submit(open_file, path("in/file"), O_RDONLY).result();
    pool.submit(open_file, path("in"), O_RDONLY | O_DIRECTORY).result();
    EXPECT_EQ(error_of(pool.submit(open_file, path("in/file"), O_WRONLY)), kDenied);
    EXPECT_EQ(error_of(pool.submit(open_file, path("in/new"), O_RDWR | O_CREAT)), kDenied);
    EXPECT_EQ(error_of(pool.submit(open_file, path("other/file"), O_RDONLY)), kDenied);
    EXPECT_EQ(error_of(pool.submit(open_file, "/etc/passwd", O_RDONLY)), kDenied);
    test_support::replace_worker(pool);
  }
}

TEST_F(Files, CanBeWrittenBelowWhatMayBeWritten) {
  ProcessPoolExecutor pool(limited(rules()));
  pool.submit(open_file, path("out/new"), O_WRONLY | O_CREAT).result();
  pool.submit(open_file, path("out/file"), O_WRONLY | O_TRUNC).result();
  EXPECT_EQ(error_of(pool.submit(open_file, path("out/file"), O_RDONLY)), kDenied);
  pool.submit([](const std::string& file) { or_throw(::unlink(file.c_str())); }, path("out/new"))
      .result();
  EXPECT_FALSE(std::filesystem::exists(path("out/new")));
}

TEST_F(Files, CannotBeShortenedOrMovedElsewhere) {
  ProcessPoolExecutor pool(limited(rules()));
  const auto shorten = [](const std::string& file) { or_throw(::truncate(file.c_str(), 0)); };
  EXPECT_EQ(error_of(pool.submit(shorten, path("in/file"))), kDenied);
  EXPECT_EQ(error_of(pool.submit(shorten, path("other/file"))), kDenied);
  const auto move = [](const std::string& from, const std::string& to) {
    or_throw(::rename(from.c_str(), to.c_str()));
  };
  EXPECT_NE(error_of(pool.submit(move, path("other/file"), path("out/stolen"))), std::errc());
  EXPECT_EQ(error_of(pool.submit(open_file, path("in/file"), O_RDONLY | O_TRUNC)), kDenied);
  EXPECT_EQ(std::filesystem::file_size(path("in/file")), 4U);
  EXPECT_TRUE(std::filesystem::exists(path("other/file")));
}

TEST_F(Files, OfOneNameAreAllowedAlone) {
  ProcessPoolExecutor pool(limited({.files = FileRules{
                                        .read = {path("in/file")},
                                        .write = {path("in/file"), "/dev/null"},
                                    }}));
  pool.submit(open_file, path("in/file"), O_RDWR).result();
  pool.submit(open_file, "/dev/null", O_WRONLY).result();
  EXPECT_EQ(error_of(pool.submit(open_file, path("in"), O_RDONLY | O_DIRECTORY)), kDenied);
}

TEST_F(Files, AreAllDeniedByEmptyRules) {
  ProcessPoolExecutor pool(limited({.files = FileRules{}}));
  EXPECT_EQ(error_of(pool.submit(open_file, path("in/file"), O_RDONLY)), kDenied);
  EXPECT_EQ(error_of(pool.submit(open_file, path("out/file"), O_WRONLY)), kDenied);
}

TEST_F(Files, AreAsDeniedToATasksThreads) {
  ProcessPoolExecutor pool(limited(rules()));
  EXPECT_EQ(pool.submit(
                    [](const std::string& file) {
                      int error = 0;
                      std::thread([&] {
                        if (::open(file.c_str(), O_RDONLY | O_CLOEXEC) < 0) error = errno;
                      }).join();
                      return error;
                    },
                    path("other/file"))
                .result(),
            EACCES);
}

TEST_F(Files, AreFoundFromWhereTheProgramWasWhenItMadeThePool) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(path("in"));
  ProcessPoolExecutor pool(limited({.files = FileRules{.read = {"file"}}}));
  std::filesystem::current_path(before);
  test_support::replace_worker(pool);
  pool.submit(open_file, path("in/file"), O_RDONLY).result();
}

TEST_F(Files, ThatAreGoneWhenAWorkerIsReplacedBreakThePool) {
  ProcessPoolExecutor pool(limited(rules()));
  pool.submit([] {}).result();
  std::filesystem::remove_all(path("in"));
  pool.submit([] { std::abort(); }).exception();
  const auto error =
      test_support::as<muster::BrokenProcessPool>(test_support::error_of_task(pool, [] {}));
  const std::string text = error.what();
  EXPECT_NE(text.find("limits.files: cannot allow to read"), std::string::npos) << text;
  EXPECT_NE(text.find(path("in")), std::string::npos) << text;
}

// The descriptors of these the worker cannot take from the client itself.
TEST_F(Files, AreNoneOfSharedArraysAndValues) {
  ProcessPoolExecutor pool(limited(rules(), 2));
  muster::SharedArray<int> numbers(1'000'000);
  std::vector<muster::Future<void>> parts;
  for (std::size_t first = 0; first < numbers.size(); first += 100'000) {
    parts.push_back(pool.submit(
        [](muster::SharedArray<int> part, int value) {
          for (int& each : part) each = value;
        },
        numbers.subarray(first, 100'000), static_cast<int>(first)));
  }
  for (auto& part : parts) part.result();
  EXPECT_EQ(numbers[999'999], 900'000);
  const auto made = pool.submit(
                            [](const muster::SharedArray<const int>& given) {
                              muster::SharedArray<int> result(2);
                              result[0] = given[0];
                              result[1] = given[given.size() - 1];
                              return result;
                            },
                            muster::SharedArray<const int>(numbers))
                        .result();
  EXPECT_EQ(made[1], 900'000);

  const auto shared = pool.share(std::vector<int>(1000, 7));
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(pool.submit([](const muster::Shared<std::vector<int>>& all) { return all->at(999); },
                          shared)
                  .result(),
              7);
    muster::SharedArray<int> passing(10);
    pool.submit([](const muster::SharedArray<int>&) {}, passing).result();
  }
}

TEST_F(Files, LetResultsOfAnySizeThrough) {
  ProcessPoolExecutor pool(limited(rules()));
  const std::vector<double> large =
      pool.submit([] { return std::vector<double>(4'000'000, 1.5); }).result();
  EXPECT_EQ(large.size(), 4'000'000U);
}

TEST_F(Files, LeaveACrashItsBacktrace) {
  ProcessPoolExecutor pool(limited(rules()));
  const auto error = test_support::failure_of<muster::WorkerDiedError>(
      pool.submit({.name = "crash"}, [] { std::abort(); }));
  EXPECT_EQ(error.term_signal(), SIGABRT);
  EXPECT_FALSE(error.backtrace().empty());
}

}  // namespace
