#include "prove/peers.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lib/common/file_descriptor.hpp"
#include "prove/peer_load.hpp"
#include "prove/peer_pools.hpp"
#include "prove/random.hpp"
#include "support/json_file.hpp"

namespace prove {

namespace {

// A hang costs seconds.
constexpr std::uint64_t kMostKills = 30;
// In seconds, of a pool: then it hangs where load_and_kill() does not see it.
constexpr unsigned kTimeLimit = 30;
constexpr int kNoSuchProgram = 127;

// One pool, in a process of its own, with all that it starts. What becomes of it is a line that the
// process writes.
class Trial {
 public:
  // `run` writes PeerEnd::to_json() to the descriptor, and may throw; it does not return from exec.
  explicit Trial(const std::function<void(int out)>& run) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
      throw std::system_error(errno, std::generic_category(), "pipe2");
    }
    in_ = muster::detail::FileDescriptor(ends[0]);
    const muster::detail::FileDescriptor out(ends[1]);
    pid_ = ::fork();
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ != 0) return;
    ::setpgid(0, 0);
    ::alarm(kTimeLimit);
    try {
      run(out.get());
    } catch (const std::exception& error) {
      PeerEnd end;
      end.why = error.what();
      write_end(out.get(), end);
    } catch (...) {
      PeerEnd end;
      end.why = "it threw what is no std::exception";
      write_end(out.get(), end);
    }
    ::_exit(0);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  static void write_end(int out, const PeerEnd& end) {
    const std::string line = end.to_json().dump() + "\n";
    if (::write(out, line.data(), line.size()) < 0) std::perror("write");
  }

  // Nothing where it cannot be tried here.
  std::optional<PeerEnd> await() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    ::kill(-pid_, SIGKILL);  // workers that it has left
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNoSuchProgram) return std::nullopt;
    const std::string text = read_line();
    if (!text.empty()) return PeerEnd::from_json(text);
    PeerEnd end;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
      end.became = Became::hung;
      end.why = fmt::format("nothing came of it in {} s", kTimeLimit);
    } else if (WIFSIGNALED(status)) {
      end.why = fmt::format("SIG{}", ::sigabbrev_np(WTERMSIG(status)));
    } else {
      end.why = fmt::format("exit code {}", WEXITSTATUS(status));
    }
    return end;
  }

 private:
  // What it wrote before it ended.
  std::string read_line() const {
    ::fcntl(in_.get(), F_SETFL, O_NONBLOCK);  // a worker of it may hold the other end for a moment
    std::string text;
    std::array<char, 4096> part;
    for (ssize_t size = 0; (size = ::read(in_.get(), part.data(), part.size())) > 0;) {
      text.append(part.data(), static_cast<std::size_t>(size));
    }
    return text;
  }

  muster::detail::FileDescriptor in_;
  pid_t pid_ = 0;
};

struct Peer {
  const char* name;
  std::function<void(int out, PeerLoad load, std::uint64_t kills, Random random)> run;
};

Peer own_peer(const char* name, std::function<std::unique_ptr<PeerPool>()> make) {
  return {name,
          [make = std::move(make)](int out, PeerLoad load, std::uint64_t kills, Random random) {
            const auto pool = make();
            Trial::write_end(out, load_and_kill(*pool, load, kills, random));
            ::_exit(0);  // without the pool's end, which is another question; threads may hang
          }};
}

Peer python_peer(const char* name, const char* kind) {
  return {name, [kind](int out, PeerLoad load, std::uint64_t kills, Random random) {
            ::dup2(out, STDOUT_FILENO);
            ::execlp("python3", "python3", MUSTER_PROVE_PEERS, kind,
                     kPeerLoadNames[static_cast<std::size_t>(load)], std::to_string(kills).c_str(),
                     std::to_string(random.next()).c_str(), nullptr);
            ::_exit(kNoSuchProgram);
          }};
}

std::vector<Peer> all_peers() {
  using muster::OnWorkerDeath;
  return {
      own_peer("Muster, replace", [] { return make_muster_peer(OnWorkerDeath::replace); }),
      own_peer("Muster, break_pool", [] { return make_muster_peer(OnWorkerDeath::break_pool); }),
      python_peer("multiprocessing.Pool", "pool"), python_peer("concurrent.futures", "executor"),
      own_peer("Boost message_queue", [] { return make_queue_peer(); })};
}

// Several pools of one kind, under one load.
struct Row {
  std::array<std::uint64_t, kBecames> became{};
  PeerEnd sum;
  std::vector<std::string> whys;

  void add(const PeerEnd& end) {
    ++became[static_cast<std::size_t>(end.became)];
    sum.kills += end.kills;
    sum.tasks += end.tasks;
    sum.told += end.told;
    sum.lost += end.lost;
    if (!end.why.empty()) whys.push_back(end.why);
  }
  nlohmann::ordered_json to_json() const {
    nlohmann::ordered_json json;
    for (std::size_t i = 0; i < kBecames; ++i) json["became"][kBecameNames[i]] = became[i];
    json["kills"] = sum.kills;
    json["tasks"] = sum.tasks;
    json["told"] = sum.told;
    json["lost"] = sum.lost;
    json["whys"] = whys;
    return json;
  }
  std::string text() const {
    std::string text;
    for (std::size_t i = 0; i < kBecames; ++i) {
      text += fmt::format(" | {:>{}}", became[i], std::strlen(kBecameNames[i]));
    }
    return text + fmt::format(" | {:>5} | {:>7} | {:>5} | {:>5}", sum.kills, sum.tasks, sum.told,
                              sum.lost);
  }
};

}  // namespace

int run_peers(const Options& options) {
  const std::uint64_t kills = std::min(options.count, kMostKills);
  const std::uint64_t trials = kills < kMostKills ? 3 : 10;
  Random random(options.seed);
  nlohmann::ordered_json json{
      {"schema", 2},           {"program", "muster-soak --peer"}, {"seed", options.seed},
      {"trials", trials},      {"workers", kPeerWorkers},         {"clients", kPeerClients},
      {"kills_of_each", kills}};
  fmt::print(
      "seed {}\n{} pools each, of {} workers, to which {} threads give tasks while {} of its "
      "workers "
      "are killed.\n\n",
      options.seed, trials, kPeerWorkers, kPeerClients, kills);
  fmt::print("{:<21} {:<6}", "pool", "load");
  for (const char* const became : kBecameNames) fmt::print(" | {}", became);
  fmt::print(" | kills | tasks   | told  | lost\n");
  for (const Peer& peer : all_peers()) {
    for (const PeerLoad load : {PeerLoad::mixed, PeerLoad::tiny, PeerLoad::single}) {
      const char* const name = kPeerLoadNames[static_cast<std::size_t>(load)];
      std::fflush(stdout);  // not twice, by a child
      // At once: what hangs costs seconds and no processor.
      std::vector<std::unique_ptr<Trial>> running;
      for (std::uint64_t i = 0; i < trials; ++i) {
        running.push_back(std::make_unique<Trial>(
            [&, own = Random(random.next())](int out) { peer.run(out, load, kills, own); }));
      }
      Row row;
      bool tried = true;
      for (const auto& trial : running) {
        const auto end = trial->await();
        tried = tried && end.has_value();
        if (end) row.add(*end);
      }
      fmt::print("{:<21} {:<6}", peer.name, name);
      if (!tried) {
        fmt::print(" | could not be tried here\n");
        continue;
      }
      fmt::print("{}\n", row.text());
      for (const std::string& why : row.whys) fmt::print("    {}\n", why);
      json["peers"][peer.name][name] = row.to_json();
    }
  }
  return options.json.empty() || test_support::write_json(options.json, json) ? 0 : 1;
}

}  // namespace prove
