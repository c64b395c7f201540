// Names for addresses of code.

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lib/common/file_descriptor.hpp"
#include "programs/nest.hpp"
#include "support/program.hpp"
#include "support/watchdog.hpp"
#include "tools/muster/mapped_files.hpp"
#include "tools/muster/symbols.hpp"

namespace {

using muster::detail::FileDescriptor;
using muster_tool::MappedFile;
using muster_tool::SourceFrame;
using muster_tool::Symbolizer;

std::string library(const std::string& form) {
  return fmt::format("{}/libnest_{}.so", MUSTER_TEST_LIBRARIES, form);
}

NestPlaces places_in(const std::string& path) {
  void* const handle = ::dlopen(path.c_str(), RTLD_NOW);
  if (handle == nullptr) throw std::runtime_error(::dlerror());
  return reinterpret_cast<NestFunction*>(::dlsym(handle, "nest_places"))();
}

std::uintptr_t call_in(const NestPlaces& places) {
  return reinterpret_cast<std::uintptr_t>(places.returns_to) - 1;
}

std::vector<std::string> with_lines(const NestPlaces& places) {
  return {fmt::format("nest::Parser::parse(char const*) at nest.cpp:{}", places.call_line),
          fmt::format("nest::read_all(int) at nest.cpp:{}", places.inlined_line)};
}

// A file that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = std::filesystem::temp_directory_path() / "muster-symbols-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

TEST(Symbols, TellFunctionsInlinedOnesFirstWithFileAndLine) {
  const NestPlaces places = places_in(library("whole"));
  Symbolizer symbols(::getpid());
  EXPECT_EQ(symbols.describe(call_in(places)), with_lines(places));
  EXPECT_EQ(symbols.describe(call_in(places)), with_lines(places));  // as it was remembered
  const std::vector<SourceFrame>& frames = symbols.frames(call_in(places));
  EXPECT_TRUE(frames.at(0).inlined);
  EXPECT_FALSE(frames.at(1).inlined);
  EXPECT_EQ(frames.at(0).module, std::filesystem::canonical(library("whole")));
  EXPECT_TRUE(frames.at(0).file.ends_with("programs/nest.cpp")) << frames.at(0).file;
}

TEST(Symbols, OfALibraryLoadedLaterAreFound) {
  Symbolizer symbols(::getpid());
  const NestPlaces places = places_in(library("whole"));
  EXPECT_EQ(symbols.describe(call_in(places)), with_lines(places));
}

TEST(Symbols, WithoutDebugInformationAreThoseOfTheTable) {
  const NestPlaces places = places_in(library("plain"));
  const auto lines = Symbolizer(::getpid()).describe(call_in(places));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("nest::read_all(int)+0x")) << lines[0];
  EXPECT_TRUE(lines[0].ends_with(" in " + library("plain"))) << lines[0];
}

TEST(Symbols, OfDebugInformationInAFileOfItsOwn) {
  const NestPlaces places = places_in(library("apart"));
  EXPECT_EQ(Symbolizer(::getpid()).describe(call_in(places)), with_lines(places));
}

TEST(Symbols, OfAStrippedFileAreModuleAndOffset) {
  const NestPlaces places = places_in(library("stripped"));
  const auto lines = Symbolizer(::getpid()).describe(call_in(places));
  ASSERT_EQ(lines.size(), 1U);
  Dl_info info{};
  ASSERT_NE(::dladdr(places.returns_to, &info), 0);
  const auto offset = call_in(places) - reinterpret_cast<std::uintptr_t>(info.dli_fbase);
  EXPECT_EQ(lines[0], fmt::format("{}+{:#x}", library("stripped"), offset));
}

TEST(Symbols, AreNotThoseOfTheFileThatReplacedIt) {
  const TemporaryFolder folder;
  const std::string path = folder / "libreplaced.so";
  std::filesystem::copy(library("stripped"), path);
  const NestPlaces places = places_in(path);
  std::filesystem::copy(library("whole"), folder / "new.so");
  std::filesystem::rename(folder / "new.so", path);
  const auto lines = Symbolizer(::getpid()).describe(call_in(places));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with(path + " (deleted)+0x")) << lines[0];
}

TEST(Symbols, AreAddressesAloneWhereTheProcessIsGone) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(Symbolizer(child).describe(0x7f3e5a1c), std::vector<std::string>{"0x7f3e5a1c"});
}

TEST(Symbols, OfAProcessThatWentAwayMeanwhileAreStillThose) {
  const NestPlaces places = places_in(library("whole"));
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  Symbolizer symbols(child);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(symbols.describe(call_in(places)), with_lines(places));
  EXPECT_EQ(symbols.describe(0x10), std::vector<std::string>{"0x10"});
}

TEST(Symbols, FitAForkUntilEitherLoadsMore) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  EXPECT_TRUE(Symbolizer(::getpid()).fits(child));
  const TemporaryFolder folder;
  std::filesystem::copy(library("plain"), folder / "libmore.so");
  places_in(folder / "libmore.so");
  EXPECT_FALSE(Symbolizer(::getpid()).fits(child));
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(Symbolizer(::getpid()).fits(child));
  EXPECT_FALSE(Symbolizer(child).fits(::getpid()));
}

TEST(Symbols, OfCodeOfNoFileAreAddresses) {
  EXPECT_EQ(Symbolizer(::getpid()).describe(0x1c), std::vector<std::string>{"0x1c"});
  EXPECT_EQ(Symbolizer(::getpid()).describe(~std::uintptr_t{0}),
            std::vector<std::string>{"0xffffffffffffffff"});
}

TEST(Symbols, NeverComeFromTheNetwork) {
  const FileDescriptor server(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(server.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(server.get(), 8), 0);
  ASSERT_EQ(::getsockname(server.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  // libdw loads its client for it when it is itself loaded, so it is another program that asks.
  const std::string url = fmt::format("http://127.0.0.1:{}/", ntohs(address.sin_port));
  ASSERT_EQ(::setenv("DEBUGINFOD_URLS", url.c_str(), 1), 0);
  const NestPlaces places = places_in(library("stripped"));
  const auto end =
      test_support::Program("tests/tools/programs/describe",
                            {std::to_string(::getpid()), fmt::format("{:#x}", call_in(places))})
          .wait();
  ASSERT_EQ(::unsetenv("DEBUGINFOD_URLS"), 0);
  EXPECT_EQ(end.exit_code, 0) << end.err;
  EXPECT_TRUE(end.out.starts_with(library("stripped"))) << end.out;
  EXPECT_LT(::accept(server.get(), nullptr, nullptr), 0) << "somebody asked the server";
}

TEST(MappedFiles, BeginWithTheirFirstByte) {
  const auto files = muster_tool::parse_maps(
      "55d0c0000000-55d0c0001000 r--p 00000000 08:01 42 /usr/bin/a b\n"
      "55d0c0001000-55d0c0003000 r-xp 00001000 08:01 42 /usr/bin/a b\n"
      "55d0c0003000-55d0c0004000 rw-p 00000000 00:00 0 [heap]\n"
      "7f0000000000-7f0000001000 r--p 00000000 08:01 43 /usr/share/data\n"
      "7f0000002000-7f0000003000 r-xp 00000000 08:01 44 /tmp/lib.so (deleted)\n"
      "7f0000004000-7f0000005000 r-xp 00000000 08:01 44 /tmp/lib.so (deleted)\n"
      "7f0000006000-7f0000007000 rwxp 00000000 00:00 0\n"
      "7ffc00000000-7ffc00001000 r-xp 00000000 00:00 0 [vdso]\n"
      "no mapping at all\n");
  ASSERT_EQ(files.size(), 4U);
  EXPECT_EQ(files[0].path, "/usr/bin/a b");
  EXPECT_EQ(files[0].base, 0x55d0c0000000U);
  EXPECT_EQ(files[0].end, 0x55d0c0003000U);
  EXPECT_EQ(files[0].inode, 42U);
  EXPECT_EQ(files[1].path, "/tmp/lib.so (deleted)");
  EXPECT_EQ(files[2].base, 0x7f0000004000U);
  EXPECT_EQ(files[3].path, "[vdso]");
}

TEST(MappedFiles, AreNotOpenedWhereAnotherFileHasTheirPath) {
  const MappedFile other{0x1000, 0x2000, 1, "/dev/null"};
  EXPECT_LT(muster_tool::open_mapped(::getpid(), other), 0);
}

}  // namespace
