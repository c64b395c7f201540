#pragma once

#include <utility>

#include "screen.hpp"
#include "scroll.hpp"

namespace muster_tool::top {

// A text that stays as it is: help, a stack.
class TextScreen : public Screen {
 public:
  explicit TextScreen(Page text) : text_(std::move(text)) {}

  bool look() override { return false; }
  bool changes() const override { return false; }
  Page page(Size size) override { return scroll_.part(text_, size.rows); }
  Line status() const override { return scroll_.status(); }
  std::vector<std::string_view> hints() const override { return {"p: back"}; }
  Step press(Key key) override {
    const bool back = !scroll_.press(key) && key.code == Key::Code::enter;
    return {.kind = back ? Step::Kind::back : Step::Kind::none};
  }

 private:
  Page text_;
  Scroll scroll_;
};

}  // namespace muster_tool::top
