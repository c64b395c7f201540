// In place of the page's style, script and remarks, which are texts of our own.

#include "bench/page/assets.hpp"

namespace bench {

const std::string_view kPageStyle;
const std::string_view kPageScript;
const std::string_view kSummaryStyle;
const std::string_view kNotes;

}  // namespace bench
