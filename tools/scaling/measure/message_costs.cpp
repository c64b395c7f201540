#include "tools/scaling/measure/message_costs.hpp"

#include <mpi.h>

#include <cstddef>
#include <ctime>
#include <stdexcept>
#include <string>
#include <vector>

#include "tools/scaling/measure/clocks.hpp"
#include "tools/scaling/measure/spread.hpp"

namespace scaling {

namespace {

constexpr int kTag = 1;
constexpr int kEndTag = 3;
constexpr int kRounds = 2000;
constexpr int kRuns = 9;
constexpr int kProbes = 20'000;

void check(int code) {
  if (code != MPI_SUCCESS) throw std::runtime_error("a call of MPI failed");
}

// The calls of one end, with the time that sending takes it.
class End {
 public:
  explicit End(int peer) : peer_(peer) {}

  double send(std::vector<std::byte>& bytes) {
    MPI_Request request = MPI_REQUEST_NULL;
    const std::int64_t begun = wall_ns();
    check(MPI_Isend(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, peer_, kTag,
                    MPI_COMM_WORLD, &request));
    const std::int64_t sent = wall_ns();
    pending_.push_back(request);
    return static_cast<double>(sent - begun);
  }
  void receive(std::vector<std::byte>& bytes) {
    int there = 0;
    MPI_Status status;
    while (there == 0) {
      test();
      check(MPI_Iprobe(MPI_ANY_SOURCE, kTag, MPI_COMM_WORLD, &there, &status));
    }
    int count = 0;
    check(MPI_Get_count(&status, MPI_BYTE, &count));
    check(MPI_Recv(bytes.data(), count, MPI_BYTE, status.MPI_SOURCE, kTag, MPI_COMM_WORLD,
                   MPI_STATUS_IGNORE));
  }
  void finish() {
    while (!pending_.empty()) test();
  }

 private:
  void test() {
    if (pending_.empty()) return;
    int done = 0;
    check(MPI_Testall(static_cast<int>(pending_.size()), pending_.data(), &done,
                      MPI_STATUSES_IGNORE));
    if (done != 0) pending_.clear();
  }

  int peer_;
  std::vector<MPI_Request> pending_;
};

nlohmann::json ping_pong(bool first, std::size_t size) {
  End end(first ? 1 : 0);
  std::vector<std::byte> out(size);
  std::vector<std::byte> in(size);
  std::vector<double> one_way;
  std::vector<double> send;
  for (int run = 0; run <= kRuns; ++run) {
    double sending = 0;
    const std::int64_t begun = wall_ns();
    for (int i = 0; i < kRounds; ++i) {
      if (first) {
        sending += end.send(out);
        end.receive(in);
      } else {
        end.receive(in);
        end.send(out);
      }
    }
    const auto took = static_cast<double>(wall_ns() - begun);
    end.finish();
    if (run == 0) continue;  // cold
    one_way.push_back(took / kRounds / 2);
    send.push_back(sending / kRounds);
  }
  return {{"bytes", size},
          {"one_way", spread_json(std::move(one_way))},
          {"send", spread_json(std::move(send))}};
}

// A look that finds nothing.
nlohmann::json probe(int ranks) {
  std::vector<double> values;
  for (int run = 0; run < kRuns; ++run) {
    const std::int64_t begun = wall_ns();
    for (int i = 0; i < kProbes; ++i) {
      int there = 0;
      check(MPI_Iprobe(MPI_ANY_SOURCE, kTag, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE));
    }
    values.push_back(static_cast<double>(wall_ns() - begun) / kProbes);
  }
  return {{"ranks", ranks}, {"empty", spread_json(std::move(values))}};
}

// Without a core: MPI's own waiting would take one.
void wait_for_end() {
  for (int over = 0; over == 0;) {
    const timespec pause{0, 20'000'000};
    ::nanosleep(&pause, nullptr);
    check(MPI_Iprobe(0, kEndTag, MPI_COMM_WORLD, &over, MPI_STATUS_IGNORE));
  }
  check(MPI_Recv(nullptr, 0, MPI_BYTE, 0, kEndTag, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
}

}  // namespace

nlohmann::json measure_message_costs() {
  check(MPI_Init(nullptr, nullptr));
  int rank = 0;
  int ranks = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (ranks < 2) throw std::runtime_error("messages need two ranks: mpirun -n 2");
  nlohmann::json out;
  if (rank <= 1) {
    auto sizes = nlohmann::json::array();
    for (const std::size_t size : {64U, 1024U, 4096U, 16384U, 32768U}) {
      sizes.push_back(ping_pong(rank == 0, size));
    }
    out["sizes"] = sizes;
  }
  if (rank == 0) {
    out["probe"] = probe(ranks);
    char version[MPI_MAX_LIBRARY_VERSION_STRING] = {};
    int length = 0;
    MPI_Get_library_version(version, &length);
    out["library"] = std::string(version, static_cast<std::size_t>(length));
    for (int other = 1; other < ranks; ++other) {
      check(MPI_Send(nullptr, 0, MPI_BYTE, other, kEndTag, MPI_COMM_WORLD));
    }
  } else {
    wait_for_end();
  }
  MPI_Finalize();
  return rank == 0 ? out : nlohmann::json();
}

}  // namespace scaling
