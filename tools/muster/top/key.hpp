#pragma once

namespace muster_tool::top {

// A key that was pressed.
struct Key {
  enum class Code {
    character,
    up,
    down,
    page_up,
    page_down,
    home,
    end,
    enter,
    escape,
    backspace,
    redraw,  // Ctrl-L
    other,
  };
  Code code = Code::other;
  char32_t character = 0;  // where it is one
};

}  // namespace muster_tool::top
