// Uses a pool while there is not enough of something: short_of WHAT WHEN AMOUNT. Prints how each
// step ended. Exits with 0 if each ended well or with an error of Muster's.

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include <muster/muster.hpp>

#include "support/init.hpp"
#include "support/privileges.hpp"
#include "support/worker_ends.hpp"

namespace {

using muster::ProcessPoolExecutor;

std::string what;
std::string when;
rlim_t amount = 0;
std::vector<char> large(8'000'000, 'x');

rlim_t address_space_in_use() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void set_limit(int resource, rlim_t value) {
  const rlimit limit{value, value};
  if (::setrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) {
    std::perror("setrlimit");
    std::_Exit(2);
  }
}

void run_short() {
  if (what == "address_space") set_limit(RLIMIT_AS, address_space_in_use() + amount);
  if (what == "file_size") set_limit(RLIMIT_FSIZE, amount);
  if (what == "descriptors") set_limit(RLIMIT_NOFILE, amount);
  if (what == "processes") set_limit(RLIMIT_NPROC, amount);
}

// A step's end by an error of Muster's is a good one. Where it is the program's own heap that has
// no room, the standard's exception says it as well as Muster's.
template <class F>
void step(const char* name, F run) {
  try {
    run();
    std::printf("%s: well\n", name);
  } catch (const muster::Error& error) {
    std::printf("%s: %s\n", name, error.what());
  } catch (const std::bad_alloc&) {
    if (what != "address_space") throw;
    std::printf("%s: bad_alloc\n", name);
  }
}

void expect(bool holds, const char* text) {
  if (holds) return;
  std::printf("wrong: %s\n", text);
  std::fflush(stdout);
  std::_Exit(3);
}

void run_small_tasks(ProcessPoolExecutor& pool) {
  std::array<std::optional<muster::Future<int>>, 20> all;
  for (int i = 0; i < 20; ++i) {
    all[static_cast<std::size_t>(i)] = pool.submit([i] { return i * i; });
  }
  for (int i = 0; i < 20; ++i) {
    expect(all[static_cast<std::size_t>(i)]->result() == i * i, "a small result");
  }
}

void use(ProcessPoolExecutor& pool) {
  step("small tasks", [&] { run_small_tasks(pool); });
  step("large argument", [&] {
    auto size = pool.submit([](const std::vector<char>& bytes) { return bytes.size(); }, large);
    expect(size.result() == large.size(), "a large argument");
  });
  step("large result", [&] {
    auto bytes = pool.submit([] { return std::vector<char>(9'000'000, 'r'); });
    expect(bytes.result().size() == 9'000'000, "a large result");
  });
  step("death", [&] {
    pool.submit(test_support::end_worker, test_support::End::killed).result();
    expect(false, "a worker that was killed gave a result");
  });
  step("small tasks", [&] { run_small_tasks(pool); });
}

}  // namespace

int main(int argc, char** argv) {
  static std::array<char, 1 << 16> buffer;  // stdio shall not ask for memory
  std::setvbuf(stdout, buffer.data(), _IOFBF, buffer.size());
  if (argc != 4) return 2;
  what = argv[1];
  when = argv[2];
  amount = std::strtoul(argv[3], nullptr, 10);
  try {
    if (what == "processes") test_support::drop_privileges();
    test_support::init_as_told();
    if (when == "before") run_short();
    std::optional<ProcessPoolExecutor> pool;
    try {
      pool.emplace(muster::ProcessPoolOptions{.max_workers = 2,
                                              .on_worker_death = muster::OnWorkerDeath::replace});
    } catch (const muster::Error& error) {
      std::printf("no pool: %s\n", error.what());
      return 0;
    }
    if (when == "after") run_short();
    use(*pool);
    return 0;
  } catch (const std::exception& error) {
    std::printf("not an error of Muster's: %s\n", error.what());
    return 1;
  }
}
