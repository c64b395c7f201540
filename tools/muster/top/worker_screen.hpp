#pragma once

#include <memory>

#include "open_pool.hpp"
#include "screen.hpp"
#include "scroll.hpp"
#include "task_history.hpp"

namespace muster_tool::top {

// One worker of a pool, with its last tasks.
class WorkerScreen : public Screen {
 public:
  WorkerScreen(std::shared_ptr<OpenPool> pool, std::size_t worker)
      : pool_(std::move(pool)), worker_(worker), history_(pool_->history(worker)) {}

  bool look() override;
  bool changes() const override { return !pool_->has_ended(); }
  Page page(Size size) override;
  Line status() const override { return scroll_.status(); }
  std::vector<std::string_view> hints() const override {
    return {"p: back", "d: stack", "K: kill", "f: freeze"};
  }
  Step press(Key key) override;

 private:
  std::shared_ptr<OpenPool> pool_;
  std::size_t worker_;
  TaskHistory history_;  // at the last look
  Scroll scroll_;
};

}  // namespace muster_tool::top
