#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "key.hpp"
#include "page.hpp"

namespace muster_tool::top {

// What a key asks for that the screen itself cannot do.
struct Step {
  enum class Kind {
    none,
    back,
    quit,
    help,
    freeze,
    open_pool,    // `pool`
    open_worker,  // `worker`
    show_stack,
    ask_to_kill,
  };
  Kind kind = Kind::none;
  std::string pool = {};  // its id
  std::size_t worker = 0;
};

// One of the things that can fill the terminal.
class Screen {
 public:
  virtual ~Screen() = default;

  // Looks anew at what it shows. False: it shows what does not change, and the screen below it may
  // look.
  virtual bool look() = 0;
  // False: another look would see nothing new.
  virtual bool changes() const = 0;
  // `size` is all it has.
  virtual Page page(Size size) = 0;
  // A line below the page: where one is, what can be done.
  virtual Line status() const = 0;
  // Keys that do something here: "d: stack".
  virtual std::vector<std::string_view> hints() const { return {}; }
  virtual Step press(Key key) = 0;
  // True: it takes all characters for text.
  virtual bool is_typing() const { return false; }
};

}  // namespace muster_tool::top
