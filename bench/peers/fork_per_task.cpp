// A process for each task, which inherits the argument and writes its result to a pipe. As many at
// a time as there are to be workers.
#include <stdexcept>
#include <utility>

#include "bench/peers/makers.hpp"
#include "bench/peers/record_peer.hpp"
#include "bench/probes/subprocess.hpp"

namespace bench {

namespace {

class ForkChannel {
 public:
  explicit ForkChannel(std::size_t workers) : window_(workers) {}

  std::size_t window() const { return window_; }
  std::vector<pid_t> workers() const { return {}; }

  void send(const Record& record) {
    fork_child([&] {
      Record result = record;
      execute(result);
      write_all(results_.write_end(), &result, sizeof(result));
    });
  }
  void flush() {}
  void receive(Record& record) {
    // Who has ended well has left a result, be it this one or another; who has not never will.
    require_well_ended(-1);
    if (!read_all(results_.read_end(), &record, sizeof(record))) {
      throw std::runtime_error("the pipe of results was closed");
    }
  }

 private:
  Pipe results_;
  std::size_t window_;
};

class ForkPeer : public RecordPeer<ForkChannel> {
 public:
  double to_worker(std::span<const double> values, std::uint32_t times) override {
    double sum = 0;
    for (std::uint32_t i = 0; i < times; ++i) {
      Pipe result;
      const pid_t pid = fork_child([&] {
        const double part = sum_of(values);
        write_all(result.write_end(), &part, sizeof(part));
      });
      result.close_write();  // so that the end of the worker is the end of its result
      double part = 0;
      read_all(result.read_end(), &part, sizeof(part));
      require_well_ended(pid);
      sum += part;
    }
    return sum;
  }

  void from_worker(std::uint64_t count) override {
    Pipe result;
    const pid_t pid = fork_child([&] {
      const std::vector<double> values = make_doubles(count);
      write_all(result.write_end(), values.data(), values.size() * sizeof(double));
    });
    result.close_write();
    received_.resize(count);
    read_all(result.read_end(), received_.data(), count * sizeof(double));
    require_well_ended(pid);
  }
  double received() override { return sum_of(std::exchange(received_, {})); }

 private:
  std::vector<double> received_;
};

}  // namespace

std::unique_ptr<Peer> make_fork_per_task() { return std::make_unique<ForkPeer>(); }

}  // namespace bench
