#pragma once

#include <string>
#include <string_view>

namespace bench {

// Paragraphs and lists ("- ") with **strong** words and `code`, as HTML: what bench/notes.md needs
// of Markdown.
std::string notes_html(std::string_view markdown);

}  // namespace bench
