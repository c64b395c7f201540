#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <typeinfo>
#include <vector>

#include <muster/codec.hpp>
#include <muster/decoder.hpp>
#include <muster/detail/type_layout.hpp>
#include <muster/error.hpp>

namespace muster {

namespace detail {
class JournalContent;
}

// The results in a journal, the file that MapOptions::journal names, as they were when this was
// made. It needs no pool, and changes nothing.
//
//   for (const Score& score : pool.map({.journal = "scores.journal"}, &score_of, images)) ...
//
//   const muster::Journal journal("scores.journal");
//   for (std::size_t index : journal.indexes()) show(index, journal.value<Score>(index));
//
// What a journal holds: of each item of a map that gave a result, the item's index, a hash of its
// input (its arguments and what the callable captured by value), and the result as its Codec writes
// it. Items that failed, were cancelled or did not run are not there, and are run again. The hash
// is of 64 bits.
//
// When: a chunk's results are written when the client has them, whether or not the program has read
// them; what the program has read was written before. They outlive the program's end, also by
// SIGKILL, from then on, and the machine's end once they are synced: at the latest some 200 ms or
// 1 MiB later, and when the map's results were read to their end or are destroyed. A chunk that
// runs when the program dies is lost as a whole: where items take long, let
// MapOptions::chunksize be 1.
//
// Where writing fails, as on a full disk, an error is logged at once, and the map reads no more
// inputs and gives the results of those that it has read. Behind the last of them ++it throws
// JournalError (of outcomes() the last outcome is that); a map that is destroyed before has no more
// than logged it. The journal keeps what had been written, whole.
//
// It is read up to the first record that is not whole: torn, or of another checksum. What lies
// behind is not believed, and cut off by the map that writes next.
//
// The callable is known by its name. One whose code was changed is the same to the journal: delete
// the file when that changes results. A journal is for programs of one platform; see
// docs/JOURNAL.md for the file and for what cannot be in it.
//
// Thread safety: const members may be called by any threads at once.
class Journal {
 public:
  // Reads the file through once. Throws JournalError where it cannot be opened or read,
  // InvalidArgumentError where it is no journal, or of another version or byte order.
  explicit Journal(const std::filesystem::path& path);
  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&& other) noexcept;
  ~Journal();

  // Items with a result.
  std::size_t size() const noexcept { return indexes().size(); }
  bool empty() const noexcept { return size() == 0; }
  // In rising order.
  const std::vector<std::size_t>& indexes() const noexcept;
  bool contains(std::size_t index) const noexcept;

  // Whether anything lies behind the last whole record: bytes that a crash cut short, that were
  // damaged, or that a map is writing at this moment.
  bool torn() const noexcept { return torn_bytes() != 0; }
  std::uint64_t torn_bytes() const noexcept;

  // The map's callable, and the type of its results.
  const std::string& callable() const noexcept;
  const std::string& result_type() const noexcept;

  // The result of an item. Throws InvalidArgumentError where there is none, or R is another type
  // than the map's results have, JournalError where it cannot be read any more, and what the Codec
  // throws.
  template <class R>
  R value(std::size_t index) const {
    std::string layout;
    detail::describe_layout<R>(layout);
    const std::vector<std::byte> bytes = read(index, typeid(R), layout);
    Decoder in(bytes.data(), bytes.size());
    R value = detail::decode_value<R>(in);
    detail::check_all_read(in);
    return value;
  }

 private:
  std::vector<std::byte> read(std::size_t index, const std::type_info& type,
                              const std::string& layout) const;

  std::unique_ptr<const detail::JournalContent> content_;
};

}  // namespace muster
