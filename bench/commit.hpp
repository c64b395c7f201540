#pragma once

namespace bench {

// The commit of the sources that the program was built from, with " and changes" behind it where
// there are some; "unknown" outside of a repository. In a file that each build looks at
// (commit.cmake).
extern const char* const kCommit;

}  // namespace bench
