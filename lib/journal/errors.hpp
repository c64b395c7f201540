#pragma once

#include <string>

namespace muster::detail {

// JournalError: "the journal 'a.journal' cannot be opened: No such file or directory".
[[noreturn]] void throw_file_error(const std::string& name, const char* what, int error);
std::string file_error(const std::string& name, const char* what, int error);

}  // namespace muster::detail
