// Worker processes on pipes: a pair of pipes for each, as process pools are usually made.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "bench/peers/makers.hpp"
#include "bench/peers/record_peer.hpp"
#include "bench/probes/subprocess.hpp"

namespace bench {

namespace {

// The workers with their pipes. `work(tasks, results)` is what each runs, with the ends to read
// from and to write to.
class PipedWorkers {
 public:
  template <class Work>
  PipedWorkers(std::size_t count, const Work& work) {
    tasks_.reserve(count);
    results_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      tasks_.emplace_back();
      results_.emplace_back();
      pids_.push_back(fork_child([&] {
        // Those of earlier workers, so that these see the end of their tasks.
        for (Pipe& pipe : tasks_) pipe.close_write();
        work(tasks_.back().read_end(), results_.back().write_end());
      }));
      tasks_.back().close_read();
      results_.back().close_write();
      polled_.push_back({results_.back().read_end(), POLLIN, 0});
    }
  }
  ~PipedWorkers() {
    tasks_.clear();  // the end of their input is theirs
    wait_for_children(pids_);
  }
  PipedWorkers(const PipedWorkers&) = delete;
  PipedWorkers& operator=(const PipedWorkers&) = delete;

  std::size_t count() const { return pids_.size(); }
  const std::vector<pid_t>& pids() const { return pids_; }
  int to(std::size_t worker) const { return tasks_[worker].write_end(); }
  int from(std::size_t worker) const { return results_[worker].read_end(); }

  // Waits until one has a result. There is no need to ask where there is only one.
  std::size_t with_result() {
    if (count() == 1) return 0;
    while (::poll(polled_.data(), polled_.size(), -1) < 0) {
      if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "cannot poll");
    }
    for (std::size_t i = 0; i < polled_.size(); ++i) {
      if (polled_[i].revents != 0) return i;
    }
    throw std::logic_error("poll() found nothing");
  }

 private:
  std::vector<Pipe> tasks_;
  std::vector<Pipe> results_;
  std::vector<pollfd> polled_;
  std::vector<pid_t> pids_;
};

void read_record(int fd, Record& record) {
  if (!read_all(fd, &record, sizeof(record))) throw std::runtime_error("a worker has ended");
}

void write_doubles(int fd, std::span<const double> values) {
  write_all(fd, values.data(), values.size_bytes());
}

void work_singly(int tasks, int results) {
  std::vector<double> values;
  for (Record record; read_all(tasks, &record, sizeof(record));) {
    if (record.what == Record::kMake) {
      values = make_doubles(static_cast<std::uint64_t>(record.value));
      write_all(results, &record, sizeof(record));
      write_doubles(results, values);
      continue;
    }
    if (record.what == Record::kSum) {
      values.resize(static_cast<std::size_t>(record.value));
      read_all(tasks, values.data(), values.size() * sizeof(double));
      const double sum = sum_of(values);
      std::memcpy(&record.value, &sum, sizeof(sum));
    } else {
      execute(record);
    }
    write_all(results, &record, sizeof(record));
  }
}

// One task on the way to each worker.
class SingleChannel {
 public:
  explicit SingleChannel(std::size_t workers) : workers_(workers, &work_singly) {
    for (std::size_t i = 0; i < workers; ++i) idle_.push_back(i);
  }

  std::size_t window() const { return workers_.count(); }
  const std::vector<pid_t>& workers() const { return workers_.pids(); }

  // The data comes after the record. The worker's pipe, for what its result is followed by.
  void send(const Record& record, std::span<const double> data = {}) {
    const std::size_t worker = idle_.front();
    idle_.pop_front();
    write_all(workers_.to(worker), &record, sizeof(record));
    if (!data.empty()) write_doubles(workers_.to(worker), data);
  }
  void flush() {}
  int receive(Record& record) {
    const std::size_t worker = workers_.with_result();
    read_record(workers_.from(worker), record);
    idle_.push_back(worker);
    return workers_.from(worker);
  }

 private:
  PipedWorkers workers_;
  std::deque<std::size_t> idle_;
};

constexpr std::size_t kBatch = 64;

void work_in_batches(int tasks, int results) {
  std::array<Record, kBatch> batch;
  while (true) {
    // Batches are shorter than what a pipe takes in one piece.
    const ssize_t got = ::read(tasks, batch.data(), sizeof(batch));
    if (got <= 0) return;
    const auto bytes = static_cast<std::size_t>(got);
    for (std::size_t i = 0; i < bytes / sizeof(Record); ++i) execute(batch[i]);
    write_all(results, batch.data(), bytes);
  }
}

// Tasks are sent 64 at a time, to one worker after the other, and so are their results.
class BatchedChannel {
 public:
  explicit BatchedChannel(std::size_t workers)
      : workers_(workers, &work_in_batches), collected_(workers) {}

  // So many records fit into the pipes, so that neither side waits for the other to read.
  std::size_t window() const {
    constexpr std::size_t kInPipe = 1024;
    return kInPipe * workers_.count();
  }
  const std::vector<pid_t>& workers() const { return workers_.pids(); }

  void send(const Record& record) {
    std::vector<Record>& batch = collected_[next_];
    batch.push_back(record);
    if (batch.size() < kBatch) return;
    write_batch(next_);
    next_ = (next_ + 1) % workers_.count();
  }
  void flush() {
    for (std::size_t i = 0; i < collected_.size(); ++i) write_batch(i);
  }
  void receive(Record& record) {
    if (at_ == there_) {
      const ssize_t got =
          ::read(workers_.from(workers_.with_result()), results_.data(), sizeof(results_));
      if (got <= 0) throw std::runtime_error("a worker has ended");
      there_ = static_cast<std::size_t>(got) / sizeof(Record);
      at_ = 0;
    }
    record = results_[at_++];
  }

 private:
  void write_batch(std::size_t worker) {
    std::vector<Record>& batch = collected_[worker];
    if (batch.empty()) return;
    write_all(workers_.to(worker), batch.data(), batch.size() * sizeof(Record));
    batch.clear();
  }

  PipedWorkers workers_;
  std::vector<std::vector<Record>> collected_;
  std::size_t next_ = 0;
  std::array<Record, kBatch> results_{};
  std::size_t there_ = 0;
  std::size_t at_ = 0;
};

class SinglePeer : public RecordPeer<SingleChannel> {
 public:
  double to_worker(std::span<const double> values, std::uint32_t times) override {
    double sum = 0;
    const auto take = [&] {
      Record record;
      channel_->receive(record);
      double part = 0;
      std::memcpy(&part, &record.value, sizeof(part));
      sum += part;
    };
    const auto count = static_cast<std::int64_t>(values.size());
    for (std::uint32_t i = 0; i < times; ++i) {
      if (i >= channel_->window()) take();
      channel_->send({i, Record::kSum, count}, values);
    }
    for (std::size_t i = 0; i < std::min<std::size_t>(times, channel_->window()); ++i) take();
    return sum;
  }

  void from_worker(std::uint64_t count) override {
    channel_->send({0, Record::kMake, static_cast<std::int64_t>(count)});
    Record record;
    const int from = channel_->receive(record);
    received_.resize(count);
    read_all(from, received_.data(), count * sizeof(double));
  }
  double received() override { return sum_of(std::exchange(received_, {})); }

 private:
  std::vector<double> received_;
};

}  // namespace

std::unique_ptr<Peer> make_pipe_single() { return std::make_unique<SinglePeer>(); }

std::unique_ptr<Peer> make_pipe_batched() { return std::make_unique<RecordPeer<BatchedChannel>>(); }

}  // namespace bench
