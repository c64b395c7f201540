#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/common/file_descriptor.hpp"

namespace muster_tool {

// Opens it for reading where it is a regular file, of that inode where one is given. Others, as
// devices, are not opened, which could do something. Empty where it is none or cannot be opened.
muster::detail::FileDescriptor open_regular(const std::string& path,
                                            std::optional<std::uint64_t> inode = std::nullopt);

}  // namespace muster_tool
