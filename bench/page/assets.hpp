#pragma once

#include <string_view>

namespace bench {

// Files that are part of the program, so that a page needs nothing beside it. Made by CMake.
extern const std::string_view kPageStyle;     // page/page.css
extern const std::string_view kPageScript;    // page/tips.js
extern const std::string_view kSummaryStyle;  // page/summary.css
extern const std::string_view kNotes;         // notes.md

}  // namespace bench
