#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include <muster/journal.hpp>

#include "lib/common/exception_text.hpp"
#include "lib/common/file_descriptor.hpp"
#include "lib/journal/errors.hpp"
#include "lib/journal/scan.hpp"

namespace muster {

namespace detail {

class JournalContent {
 public:
  explicit JournalContent(const std::filesystem::path& path)
      : name(path.string()),
        // Not waiting for who writes to it, where it is a pipe.
        file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (!file) throw_file_error(name, "cannot be opened", errno);
    FileWindow window(file.get(), name);
    scan = scan_journal(window);
    indexes.reserve(scan.entries.size());
    for (const auto& [index, entry] : scan.entries) indexes.push_back(index);
    std::sort(indexes.begin(), indexes.end());
  }

  std::string name;
  FileDescriptor file;
  JournalScan scan;
  std::vector<std::size_t> indexes;
};

}  // namespace detail

Journal::Journal(const std::filesystem::path& path)
    : content_(std::make_unique<const detail::JournalContent>(path)) {}
Journal::Journal(Journal&& other) noexcept = default;
Journal& Journal::operator=(Journal&& other) noexcept = default;
Journal::~Journal() = default;

const std::vector<std::size_t>& Journal::indexes() const noexcept { return content_->indexes; }

bool Journal::contains(std::size_t index) const noexcept {
  return content_->scan.entries.count(index) != 0;
}

std::uint64_t Journal::torn_bytes() const noexcept {
  return content_->scan.size - content_->scan.end;
}

const std::string& Journal::callable() const noexcept { return content_->scan.identity.callable; }
const std::string& Journal::result_type() const noexcept { return content_->scan.identity.result; }

std::vector<std::byte> Journal::read(std::size_t index, const std::type_info& type,
                                     const std::string& layout) const {
  const detail::JournalScan& scan = content_->scan;
  const std::string wanted = detail::demangle(type.name());
  if (wanted != scan.identity.result || layout != scan.identity.layout) {
    throw InvalidArgumentError(
        "the journal '" + content_->name + "' holds results of type '" + scan.identity.result +
        "', and '" + wanted + "' was asked for" +
        (wanted == scan.identity.result ? ", whose members are others by now" : ""));
  }
  const auto entry = scan.entries.find(index);
  if (entry == scan.entries.end()) {
    throw InvalidArgumentError("the journal '" + content_->name + "' has no result of item " +
                               std::to_string(index));
  }
  detail::FileWindow window(content_->file.get(), content_->name);
  const auto value = read_entry(window, scan.salt, index, entry->second);
  if (!value) {
    throw JournalError("the result of item " + std::to_string(index) + " in the journal '" +
                       content_->name + "' was written over since the journal was read");
  }
  return {value->begin(), value->end()};
}

}  // namespace muster
