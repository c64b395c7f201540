// Addresses of functions as {module, offset}.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include <muster/codec.hpp>
#include <muster/detail/modules.hpp>
#include <muster/detail/task_call.hpp>
#include <muster/error.hpp>

#include "codec/message.hpp"
#include "support/plugin.hpp"

namespace muster::test {
namespace {

using detail::current_modules;
using detail::ModuleTable;
using test_support::Plugin;
using Function = int (*)(int);

int local_function(int x) { return x; }
const void* address_of(Function function) { return reinterpret_cast<const void*>(function); }

template <class Action>
std::string error_of(Action&& action) {
  try {
    action();
    return "";
  } catch (const EncodingError& error) {
    return error.what();
  }
}

TEST(Modules, AreKnownByNumberFileAndBuildId) {
  const ModuleTable table = ModuleTable::snapshot();
  ASSERT_GE(table.size(), 2u);
  char path[4096];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof(path));
  ASSERT_GT(length, 0);
  EXPECT_EQ(table[0].file, std::string(path, static_cast<std::size_t>(length)));
  bool has_libc = false;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].file.find("libc.so") == std::string::npos) continue;
    has_libc = true;
    EXPECT_EQ(table[i].build_id.size(), 40u);
  }
  EXPECT_TRUE(has_libc);
}

TEST(Modules, GiveBackTheFunction) {
  const ModuleTable table = ModuleTable::snapshot();
  for (const void* function : {address_of(&local_function), address_of(&::abs)}) {
    EXPECT_EQ(table.decode(table.encode(function)), function);
    EXPECT_EQ(current_modules().decode(table.encode(function)), function);
  }
  EXPECT_EQ(table.encode(address_of(&local_function)) >> 48, 0u);
}

TEST(Modules, NumbersAreTheSameInEverySnapshot) {
  const ModuleTable before = ModuleTable::snapshot();
  const auto code = before.encode(address_of(&::abs));
  const Plugin plugin(MUSTER_TEST_PLUGIN_A);
  const ModuleTable after = ModuleTable::snapshot();
  EXPECT_EQ(after.encode(address_of(&::abs)), code);
  EXPECT_GT(after.size(), before.size());
}

TEST(Modules, LoadedAfterTheTableAreRefusedByName) {
  const ModuleTable table = ModuleTable::snapshot();
  const Plugin plugin(MUSTER_TEST_PLUGIN_A);
  const std::string error = error_of([&] { table.encode(plugin.address()); });
  EXPECT_NE(error.find(MUSTER_TEST_PLUGIN_A), std::string::npos) << error;
  EXPECT_NE(error.find("before the pool is made"), std::string::npos) << error;
  // What was encoded with another table is refused as well.
  const auto code = current_modules().encode(plugin.address());
  EXPECT_NE(error_of([&] { table.check(code); }).find(MUSTER_TEST_PLUGIN_A), std::string::npos);
  EXPECT_NE(error_of([&] { table.decode(code); }), "");
  table.check(table.encode(address_of(&local_function)));
}

TEST(Modules, OfTheReaderCountWhenAValueIsEncoded) {
  const ModuleTable table = ModuleTable::snapshot();
  const Plugin plugin(MUSTER_TEST_PLUGIN_A);
  detail::HeapRegion region;
  Encoder out(nullptr, nullptr, &region, &table);
  out.write(Function{&local_function});
  EXPECT_THROW(out.write(plugin.answer()), EncodingError);
  EXPECT_EQ(round_trip(plugin.answer())(1), 2);
}

TEST(Modules, AnUnloadedOneIsNotMistakenForItsSuccessor) {
  detail::FunctionCode old = 0;
  const void* place = nullptr;
  {
    const Plugin plugin(MUSTER_TEST_PLUGIN_A);
    place = plugin.address();
    old = current_modules().encode(place);
  }
  const ModuleTable table = ModuleTable::snapshot();
  EXPECT_NE(error_of([&] { table.decode(old); }), "");
  const Plugin plugin(MUSTER_TEST_PLUGIN_B);  // most often at the very same place
  EXPECT_NE(error_of([&] { table.encode(plugin.address()); }), "");
  EXPECT_NE(current_modules().encode(plugin.address()), old);
  EXPECT_EQ(round_trip(plugin.answer())(1), 3);
}

TEST(Modules, CodeMadeAtRunTimeIsRefused) {
  void* page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  EXPECT_NE(error_of([&] { current_modules().encode(page); }).find("no loaded module"),
            std::string::npos);
  ::munmap(page, 4096);
}

TEST(Modules, CanBeReadInAForkedChildAtAnyTime) {
  const ModuleTable table = ModuleTable::snapshot();
  const auto code = table.encode(address_of(&::abs));
  std::atomic<bool> stop{false};
  std::thread refreshing([&] {
    while (!stop) ModuleTable::snapshot();
  });
  for (int i = 0; i < 50; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const bool right = table.decode(code) == address_of(&::abs) &&
                         ModuleTable::snapshot().encode(address_of(&::abs)) == code;
      ::_exit(right ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  stop = true;
  refreshing.join();
}

}  // namespace
}  // namespace muster::test
