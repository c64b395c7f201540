#pragma once

#include <memory>

#include "open_pool.hpp"
#include "screen.hpp"
#include "table_control.hpp"
#include "worker_row.hpp"

namespace muster_tool::top {

// A pool and its workers.
class PoolScreen : public Screen {
 public:
  explicit PoolScreen(std::shared_ptr<OpenPool> pool)
      : pool_(std::move(pool)), control_(worker_columns()) {}

  void sort_by(std::size_t column) { control_.table.sort_by(column); }

  bool look() override;
  bool changes() const override { return !pool_->has_ended(); }
  Page page(Size size) override;
  Line status() const override { return control_.status(); }
  std::vector<std::string_view> hints() const override {
    return {"Enter: open", "/: filter", "s: sort", "d: stack", "K: kill", "f: freeze"};
  }
  Step press(Key key) override;
  bool is_typing() const override { return control_.is_typing(); }

 private:
  std::shared_ptr<OpenPool> pool_;
  TableControl<WorkerRow> control_;
};

// What a key that is about a worker asks for.
Step worker_step(Key key, std::size_t worker);

// Says so on a screen whose pool has ended.
Line ended_notice();

}  // namespace muster_tool::top
