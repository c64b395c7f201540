#pragma once

#include <string>
#include <string_view>

namespace muster_tool::web {

// Takes what is seen of pools: documents, each of one kind of event. `pool`: its id; "": all.
class Record {
 public:
  virtual ~Record() = default;
  // One of a row of them.
  virtual void append(std::string_view event, const std::string& pool, std::string_view data) = 0;
  // A state, which takes the place of the last one: nobody needs that any more.
  virtual void replace(std::string_view event, const std::string& pool, std::string_view data) = 0;
};

}  // namespace muster_tool::web
