#pragma once

#include <string>

#include <muster/inspect.hpp>

#include "pool_model.hpp"
#include "pool_row.hpp"
#include "screen.hpp"
#include "table_control.hpp"

namespace muster_tool::top {

// The pools that there are.
class ListScreen : public Screen {
 public:
  explicit ListScreen(const muster::InspectOptions& options)
      : options_(options), control_(pool_columns()) {}

  void sort_by(std::size_t column) { control_.table.sort_by(column); }

  // Throws std::system_error where /proc cannot be read.
  bool look() override;
  bool changes() const override { return true; }
  Page page(Size size) override;
  Line status() const override { return control_.status(); }
  std::vector<std::string_view> hints() const override {
    return {"Enter: open", "/: filter", "s: sort", "f: freeze"};
  }
  Step press(Key key) override;
  bool is_typing() const override { return control_.is_typing(); }

 private:
  Line title() const;

  muster::InspectOptions options_;
  ListModel model_;
  TableControl<PoolRow> control_;
  // What cannot be read.
  std::size_t unreadable_ = 0;
  std::size_t hidden_ = 0;
};

}  // namespace muster_tool::top
