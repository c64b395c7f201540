// The ways to start workers, each as the environment says (STARTS in cmake/MusterTest.cmake), and
// what is refused.

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <muster/muster.hpp>

#include "support/init.hpp"
#include "support/own_folder.hpp"
#include "support/plugin.hpp"
#include "support/privileges.hpp"
#include "support/proc.hpp"
#include "support/program.hpp"
#include "support/watchdog.hpp"

namespace {

using muster::ProcessPoolExecutor;
using muster::StartMethod;
using test_support::start_method;

bool initialized() { return !test_support::pools_are_forked(); }

template <class Call>
std::string what_is_thrown(Call call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

int at_start = 7;

TEST(StartMethod, DecidesWhichGlobalsWorkersSee) {
  at_start = 8;
  ProcessPoolExecutor pool({.max_workers = 1});
  const int seen = pool.submit([] { return at_start; }).result();
  at_start = 7;
  EXPECT_EQ(seen, initialized() ? 7 : 8);
}

TEST(StartMethod, GivesWorkersNoneOfTheClientsDescriptorsButByFork) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  ProcessPoolExecutor pool({.max_workers = 1});
  // Of another file there, which a worker of its own may have under that number.
  const std::string here =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(pipe[0]));
  const bool there =
      pool.submit(
              [](const std::string& file) {
                for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
                  std::error_code gone;
                  if (std::filesystem::read_symlink(entry, gone) == file) return true;
                }
                return false;
              },
              here)
          .result();
  EXPECT_EQ(there, !initialized());
  for (const int fd : pipe) ::close(fd);
}

TEST(StartMethod, TakesFunctionsInitializersAndMembersAlong) {
  struct Sum {
    int add(int n) const { return base + n; }
    int base;
  };
  static int initialized_with = 0;
  const int value = 30;
  ProcessPoolExecutor pool(
      {.max_workers = 2, .initializer = [value] { initialized_with = value; }});
  EXPECT_EQ(pool.submit(&Sum::add, Sum{4}, 5).result(), 9);
  EXPECT_EQ(pool.submit([](int (*function)(int)) { return function(-3); },
                        static_cast<int (*)(int)>(&std::abs))
                .result(),
            3);
  EXPECT_EQ(pool.submit([] { return initialized_with; }).result(), 30);
  std::vector<int> numbers(1000);
  for (int i = 0; i < 1000; ++i) numbers[static_cast<std::size_t>(i)] = i;
  int at = 0;
  for (const int square : pool.map([](int n) { return n * n; }, numbers)) {
    EXPECT_EQ(square, at * at);
    ++at;
  }
}

// A spawned worker has them elsewhere.
TEST(StartMethod, TakesCapturedAddressesOfCodeAlongUnlessItMoves) {
  ProcessPoolExecutor pool({.max_workers = 1});
  int (*const function)(int) = &std::abs;
  const char* const text = "text";
  const auto calls = [&] { return pool.submit([function] { return function(-3); }).result(); };
  const auto reads = [&] { return pool.submit([text] { return text[1]; }).result(); };
  if (start_method() != StartMethod::spawn) {
    EXPECT_EQ(calls(), 3);
    EXPECT_EQ(reads(), 'e');
  } else {
    const std::string said = what_is_thrown(calls);
    EXPECT_NE(said.find("captured the address 0x"), std::string::npos) << said;
    EXPECT_NE(said.find("libc.so"), std::string::npos) << said;
    const std::string of_text = what_is_thrown(reads);
    EXPECT_NE(of_text.find("a string literal"), std::string::npos) << of_text;
  }
  EXPECT_EQ(pool.submit([](int (*given)(int)) { return given(-4); }, function).result(), 4);
}

TEST(StartMethod, RunsWhatLiesInALibraryThatWasOpenedBefore) {
  const test_support::Plugin plugin(MUSTER_TEST_PLUGIN);
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto run = [&] { return pool.submit(plugin.answer(), 1).result(); };
  if (start_method() == StartMethod::forkserver) {
    EXPECT_NE(what_is_thrown(run).find("was loaded after the workers started"), std::string::npos);
  } else {
    EXPECT_EQ(run(), plugin.answer()(1));
  }
  EXPECT_EQ(pool.submit([] { return 5; }).result(), 5);
}

TEST(StartMethod, RunsWhatLiesInALibraryThatWasOpenedByARelativePath) {
  if (start_method() == StartMethod::forkserver)
    GTEST_SKIP() << "it would have to be open at init()";
  const auto here = std::filesystem::current_path();
  const std::filesystem::path file = MUSTER_TEST_PLUGIN;
  std::filesystem::current_path(file.parent_path());
  const test_support::Plugin plugin("./" + file.filename().string());
  std::filesystem::current_path(here);
  ProcessPoolExecutor pool({.max_workers = 1});
  EXPECT_EQ(pool.submit(plugin.answer(), 1).result(), plugin.answer()(1));
}

TEST(StartMethod, DoesNotKnowWhatIsOpenedOnceThePoolIsThere) {
  ProcessPoolExecutor pool({.max_workers = 1});
  EXPECT_EQ(pool.submit([] { return 5; }).result(), 5);
  const test_support::Plugin plugin(MUSTER_TEST_PLUGIN);
  const std::string said = what_is_thrown([&] { pool.submit(plugin.answer(), 1).result(); });
  EXPECT_NE(said.find("was loaded after the workers started"), std::string::npos) << said;
  EXPECT_EQ(pool.submit([] { return 6; }).result(), 6);
}

TEST(Spawn, IsRefusedWithATableWhereALibraryWasBuiltAnewMeanwhile) {
  if (start_method() != StartMethod::spawn)
    GTEST_SKIP() << "other ways to start run what is loaded";
  const test_support::OwnFolder folder;
  const std::string file = folder.file("plugin.so");
  std::filesystem::copy_file(MUSTER_TEST_PLUGIN, file);
  const test_support::Plugin plugin(file);
  std::filesystem::copy_file(MUSTER_TEST_OTHER_PLUGIN, folder.file("new.so"));
  std::filesystem::rename(folder.file("new.so"), file);
  const std::string said = what_is_thrown([] { ProcessPoolExecutor pool({.max_workers = 1}); });
  EXPECT_NE(said.find("were they built anew since it started?"), std::string::npos) << said;
  EXPECT_NE(said.find("\n  " + file + ": the client has "), std::string::npos) << said;
  ProcessPoolExecutor forked({.max_workers = 1, .start_method = StartMethod::fork});
  EXPECT_EQ(forked.submit(plugin.answer(), 1).result(), plugin.answer()(1));
}

TEST(Spawn, GoesOnWithoutALibraryWhoseFileIsGone) {
  if (start_method() != StartMethod::spawn)
    GTEST_SKIP() << "other ways to start run what is loaded";
  const test_support::OwnFolder folder;
  const std::string file = folder.file("plugin.so");
  std::filesystem::copy_file(MUSTER_TEST_PLUGIN, file);
  const test_support::Plugin plugin(file);
  std::filesystem::remove(file);
  ProcessPoolExecutor pool({.max_workers = 1});
  EXPECT_EQ(pool.submit([] { return 5; }).result(), 5);
  const std::string said = what_is_thrown([&] { pool.submit(plugin.answer(), 1).result(); });
  EXPECT_NE(said.find("it cannot be loaded there"), std::string::npos) << said;
  EXPECT_NE(said.find(file), std::string::npos) << said;
}

TEST(ForkServer, IsRefusedOnceTheProgramHasGivenUpPrivileges) {
  if (start_method() != StartMethod::forkserver)
    GTEST_SKIP() << "other ways to start give workers the privileges of now";
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0) GTEST_SKIP() << "no_new_privs holds already";
  // Of one thread alone: that it may gain none any more.
  std::thread([] {
    ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    const std::string said = what_is_thrown([] { ProcessPoolExecutor pool({.max_workers = 1}); });
    EXPECT_NE(said.find("NoNewPrivs was 0 and is 1"), std::string::npos) << said;
    ProcessPoolExecutor other({.max_workers = 1, .start_method = StartMethod::spawn});
    EXPECT_EQ(other.submit([] { return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); }).result(), 1);
  }).join();
}

TEST(Spawn, RunsMainToItsInitAlsoWhereThatClearsTheEnvironment) {
  const auto end = test_support::Program("clears_environment").wait();
  EXPECT_EQ(end.exit_code, 0) << end.err;
  EXPECT_EQ(end.out, "7\n") << end.err;
}

TEST(Spawn, GivesARunUpThatDoesNotComeToInitInTime) {
  if (start_method() != StartMethod::spawn) GTEST_SKIP() << "the program spawns its pool";
  const auto end = test_support::Program("lingers", {"200"}).wait();
  EXPECT_EQ(end.exit_code, 1) << end.err;
  EXPECT_NE(end.out.find("was killed because spawn_timeout (0.2 s) was over before its "
                         "muster::init() had answered"),
            std::string::npos)
      << end.out;
}

TEST(Spawn, NothingIsLeftOfARunThatLingersBeforeInitWhenTheClientIsKilled) {
  if (start_method() != StartMethod::spawn) GTEST_SKIP() << "the program spawns its pool";
  test_support::Program client("lingers");
  EXPECT_EQ(client.read_line(), "making the pool");
  const auto lingers = [&] {
    // One is the fork server.
    for (const pid_t child : test_support::children_of(client.pid())) {
      const std::string environment =
          test_support::read_file("/proc/" + std::to_string(child) + "/environ");
      if (environment.starts_with("MUSTER_SUPERVISOR_SOCKET=")) return true;
    }
    return false;
  };
  while (!lingers()) std::this_thread::yield();
  ::kill(client.pid(), SIGKILL);
  EXPECT_EQ(client.wait().term_signal, SIGKILL);  // and the pipes are closed: nobody holds them
}

// What a program prints that is set-user-ID root and run by somebody else.
std::string output_as_root_of_another_user(const std::string& program,
                                           const std::string& variable) {
  std::array<int, 2> pipe{};
  EXPECT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe[1], STDOUT_FILENO);
    ::close(pipe[0]);
    ::close(pipe[1]);
    test_support::drop_privileges();
    const char* const arguments[] = {program.c_str(), nullptr};
    const char* const environment[] = {variable.c_str(), nullptr};
    ::execve(program.c_str(), const_cast<char**>(arguments), const_cast<char**>(environment));
    ::_exit(127);
  }
  ::close(pipe[1]);
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t n = 0; (n = ::read(pipe[0], buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(pipe[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

TEST(StartMethod, OfAProgramWithMoreRightsThanItsUserIsNoSpawnAndNotForTheEnvironmentToSay) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a program that is set-user-ID root";
  if (start_method() != StartMethod::fork) GTEST_SKIP() << "the program says how its pools start";
  const test_support::OwnFolder folder;
  std::filesystem::permissions(folder.file("."), std::filesystem::perms(0755));
  const std::string program = folder.file("more_rights");
  std::filesystem::copy_file(std::string(MUSTER_TEST_PROGRAMS) + "/more_rights", program);
  ASSERT_EQ(::chmod(program.c_str(), 04755), 0);
  for (const char* const variable :
       {"MUSTER_SUPERVISOR_SOCKET=5", "MUSTER_START_METHOD=spawn", "UNRELATED=1"}) {
    const std::string text = output_as_root_of_another_user(program, variable);
    if (text == "no more rights\n") GTEST_SKIP() << "set-user-ID does not count in this folder";
    EXPECT_TRUE(text.starts_with("forkserver 7\nStartMethod::spawn is refused in a program that "))
        << variable << ": " << text;
  }
}

TEST(StartMethod, GivesWorkersTheResourceLimitsOfNow) {
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max = files.rlim_max - 3;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto most = pool.submit([] {
    rlimit there{};
    ::getrlimit(RLIMIT_NOFILE, &there);
    return there.rlim_max;
  });
  EXPECT_EQ(most.result(), files.rlim_max);
}

TEST(StartMethod, IsRefusedWhereInitWasNotCalled) {
  if (initialized()) GTEST_SKIP() << "muster::init() was called";
  for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn}) {
    try {
      ProcessPoolExecutor pool({.max_workers = 1, .start_method = method});
      ADD_FAILURE() << "a pool was made";
    } catch (const muster::InvalidStateError& error) {
      EXPECT_NE(std::string(error.what()).find("needs muster::init() at the top of main"),
                std::string::npos);
    }
  }
}

TEST(StartMethod, OfTheEnvironmentIsToBeOne) {
  const char* const before = std::getenv("MUSTER_START_METHOD");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("MUSTER_START_METHOD", "magic", 1);
  EXPECT_THROW(ProcessPoolExecutor({.max_workers = 1}), muster::InvalidArgumentError);
  ProcessPoolExecutor pool({.max_workers = 1, .start_method = StartMethod::fork});
  ::setenv("MUSTER_START_METHOD", kept.c_str(), 1);
  EXPECT_EQ(pool.submit([] { return 1; }).result(), 1);
}

TEST(StartMethod, CanBeAnotherForEachPool) {
  if (!initialized()) GTEST_SKIP() << "without muster::init() pools can be forked alone";
  for (const StartMethod method :
       {StartMethod::fork, StartMethod::forkserver, StartMethod::spawn, StartMethod::automatic}) {
    ProcessPoolExecutor pool({.max_workers = 1, .start_method = method});
    EXPECT_EQ(pool.submit([] { return 1; }).result(), 1);
  }
}

TEST(StartMethod, WorksInAWorkerForAPoolOfItsOwn) {
  ProcessPoolExecutor pool({.max_workers = 1});
  const auto nested = [] {
    ProcessPoolExecutor inner({.max_workers = 1});
    return inner.submit([] { return 3; }).result();
  };
  EXPECT_EQ(pool.submit(nested).result(), 3);
}

TEST(ForkServer, ThatWasKilledIsMissedByNewPoolsAlone) {
  if (start_method() != StartMethod::forkserver)
    GTEST_SKIP() << "other ways to start have no fork server";
  ProcessPoolExecutor pool({.max_workers = 1, .on_worker_death = muster::OnWorkerDeath::replace});
  const pid_t server = test_support::own_fork_server();
  ASSERT_NE(server, 0);
  ASSERT_EQ(::kill(server, SIGKILL), 0);
  test_support::wait_for_end(server);
  const std::string said = what_is_thrown([] { ProcessPoolExecutor next({.max_workers = 1}); });
  EXPECT_NE(said.find("the fork server (pid " + std::to_string(server) + ")"), std::string::npos)
      << said;
  // Its supervisor forks from itself.
  pool.submit([] { ::_exit(1); }).exception();
  EXPECT_EQ(pool.submit([] { return 4; }).result(), 4);
  ProcessPoolExecutor other({.max_workers = 1, .start_method = StartMethod::spawn});
  EXPECT_EQ(other.submit([] { return 5; }).result(), 5);
}

TEST(ForkServer, HasOneThread) {
  if (start_method() != StartMethod::forkserver)
    GTEST_SKIP() << "other ways to start have no fork server";
  const pid_t server = test_support::own_fork_server();
  ASSERT_NE(server, 0);
  EXPECT_EQ(test_support::threads_of(server), 1U);
}

}  // namespace
