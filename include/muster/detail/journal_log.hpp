#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include <muster/detail/journal_identity.hpp>

namespace muster::detail {

// Tells inputs of an item from others.
std::uint64_t key_of(std::span<const std::byte> input);

// Results of items, to be appended together.
struct JournalBatch {
  struct Item {
    std::uint64_t index;
    std::uint64_t key;
    std::size_t bytes;  // of its value
  };
  std::vector<Item> items;
  std::vector<std::byte> values;  // one behind another

  void add(std::uint64_t index, std::uint64_t key, std::span<const std::byte> value) {
    items.push_back({index, key, value.size()});
    values.insert(values.end(), value.begin(), value.end());
  }
};

// The journal of a map under way. Thread safety: any, but for find(), which one thread calls.
class JournalLog {
 public:
  // Makes the file where there is none, cuts off a torn end, and holds the file against other
  // writers until close(). Throws InvalidArgumentError for a file that is no journal or of another
  // map, JournalError where it cannot be opened, read or written, or another map writes it.
  static std::shared_ptr<JournalLog> open(const std::filesystem::path& path,
                                          const JournalIdentity& identity);
  virtual ~JournalLog() = default;

  // False: no result of that item with these inputs was there when the journal was opened, or it
  // cannot be read any more. Else sets `value`, valid until the next call.
  virtual bool find(std::uint64_t index, std::uint64_t key, std::span<const std::byte>& value) = 0;

  // After what fails nothing more is written: sync() tells, and the log at once.
  virtual void append(const JournalBatch& batch) noexcept = 0;
  // The result of the item cannot be written, for a reason outside the journal.
  virtual void fail(std::uint64_t index, const std::exception_ptr& why) noexcept = 0;
  virtual bool failed() const noexcept = 0;

  // What was appended is on the disk when this returns. Throws JournalError if anything is not.
  virtual void sync() = 0;
  // Syncs, and logs what sync() would throw, unless it has. What is appended from now on is
  // dropped.
  virtual void close() noexcept = 0;
};

}  // namespace muster::detail
