// Without other ranks: the pool is a process pool of this process.

#include <unistd.h>

#include <array>
#include <memory>
#include <string>

#include "lib/client/process_core.hpp"
#include "lib/mpi/mpi_pool.hpp"

namespace muster::detail {

namespace {

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

class LonePool final : public MpiPool {
 public:
  explicit LonePool(const ProcessPoolOptions& options)
      : core_(std::make_shared<ProcessCore>(options)) {
    detail::drain_at_exit(core_);
    core_->start(options);
  }

  TravelBackend& backend() override { return *core_; }
  void check_caller() const override { core_->check_caller(); }
  bool usable_here() const override { return core_->usable_here(); }
  bool in_callback() const override { return core_->in_callback(); }
  void close(bool cancel_pending) noexcept override { core_->close(cancel_pending); }
  void drain() noexcept override { core_->drain(); }
  void finish() noexcept override { core_->finish(); }
  void stop_workers(int signal) noexcept override { core_->stop_workers(signal); }
  PoolStats stats() const override { return core_->stats(); }
  std::vector<MpiWorker> workers_now() const override {
    std::vector<MpiWorker> all;
    for (const pid_t pid : core_->worker_pids()) all.push_back({0, host_name(), all.size(), pid});
    return all;
  }
  const std::string& name() const override { return core_->name(); }
  std::size_t ranks() const override { return 0; }

 private:
  std::shared_ptr<ProcessCore> core_;
};

}  // namespace

std::shared_ptr<MpiPool> make_lone_pool(const ProcessPoolOptions& options) {
  return std::make_shared<LonePool>(options);
}

}  // namespace muster::detail
