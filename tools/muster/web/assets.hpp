#pragma once

#include <string>
#include <string_view>

namespace muster_tool::web {

// Files of page/ that are part of the program. Made by CMake.
extern const std::string_view kPageMarkup;  // page.html
extern const std::string_view kPageStyle;   // page.css
extern const std::string_view kPageScript;  // all of page/*.js, one after the other

// The page, which asks the server for its style and script.
std::string page_for_server();
std::string page_script();
// The page with all that it needs in it. `data`: the documents that it shows, as JSON.
std::string page_for_file(std::string_view data);

}  // namespace muster_tool::web
