// The records in which a chunk of map returns what its items came to.

#include <algorithm>
#include <atomic>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <muster/codec.hpp>
#include <muster/detail/chunk_codec.hpp>
#include <muster/detail/task_context.hpp>
#include <muster/error.hpp>

#include "futures/loopback_pool.hpp"

namespace {

using muster::detail::ChunkAssembly;
using muster::detail::ChunkHeader;
using muster::detail::ChunkProgress;
using muster::detail::ChunkRecord;
using muster::detail::ChunkResult;
using muster::detail::ChunkWriter;
using muster::detail::scan_chunk;

// Writes items as a worker does: those that are not in `failing` with their index as value.
template <class T>
void write_items(ChunkWriter& writer, muster::Encoder& out, int from, int to, int failing,
                 T (*make)(int)) {
  for (int i = from; i < to; ++i) {
    writer.begin_value();
    muster::detail::encode_result(out, make(i));
    if (i == failing)
      writer.commit_failure(std::make_exception_ptr(std::domain_error("fails")));
    else
      writer.commit_value();
  }
}

template <class T>
struct Written {
  Written(int from, int to, int failing, T (*make)(int)) : out(nullptr, nullptr, &growth) {
    ChunkWriter writer(out, &progress);
    progress.items_done = &done;
    write_items(writer, out, from, to, failing, make);
  }
  std::span<const std::byte> bytes() const { return {out.data(), out.size()}; }

  test_support::GrowingBytes growth;
  muster::Encoder out;
  std::atomic<std::uint32_t> done{0};
  ChunkProgress progress;
};

int number(int i) { return 100 + i; }
std::string text(int i) { return std::string(static_cast<std::size_t>(i) * 7, 'a'); }

template <class R>
ChunkResult<R> decode(std::span<const std::byte> bytes, std::size_t most = 9) {
  muster::Decoder in(bytes.data(), bytes.size());
  return muster::detail::decode_chunk<R>(in, most);
}

template <class R>
std::string outcomes(ChunkResult<R> result, R (*make)(int), int first = 0) {
  std::string seen;
  for (std::size_t i = 0; i < result.size(); ++i) {
    std::exception_ptr error;
    const R* value = result.find(i, error);
    if (value == nullptr)
      seen += "x";
    else
      seen += *value == make(first + static_cast<int>(i)) ? "v" : "?";
  }
  return seen;
}

TEST(Chunk, ComesBackAsItWasWritten) {
  const Written numbers(0, 6, 3, &number);
  EXPECT_EQ(numbers.done.load(), 6U);
  EXPECT_EQ(outcomes(decode<int>(numbers.bytes()), &number), "vvvxvv");
  const Written texts(0, 6, 0, &text);
  EXPECT_EQ(outcomes(decode<std::string>(texts.bytes()), &text), "xvvvvv");
}

TEST(Chunk, OfNoItemsIsEmpty) { EXPECT_EQ(decode<int>({}).size(), 0U); }

TEST(Chunk, IsScannedUpToWhatWasCommitted) {
  const Written written(0, 5, 2, &text);
  const auto scan = scan_chunk(written.bytes(), 5, 5);
  EXPECT_EQ(scan.items, 5U);
  EXPECT_EQ(scan.bytes, written.out.size());
  // A region goes on after what was written; what lies there is not looked at.
  std::vector<std::byte> region(written.bytes().begin(), written.bytes().end());
  region.resize(region.size() + 4096, std::byte{0x5A});
  EXPECT_EQ(scan_chunk(region, 5, 5).bytes, scan.bytes);
}

TEST(Chunk, ScanStopsAtWhatCannotBe) {
  const Written written(0, 4, -1, &number);
  std::vector<std::byte> region(written.bytes().begin(), written.bytes().end());
  const auto set_header = [&region](std::uint64_t word) {
    std::memcpy(region.data(), &word, sizeof(word));
  };
  set_header(ChunkHeader::pack(ChunkRecord::values, 4, ChunkHeader::kMaxBytes));
  EXPECT_EQ(scan_chunk(region, 4, 4).items, 0U);
  set_header(ChunkHeader::pack(ChunkRecord::failure, 4, 16));
  EXPECT_EQ(scan_chunk(region, 4, 4).items, 0U);
  set_header(~std::uint64_t{0});
  EXPECT_EQ(scan_chunk(region, 4, 4).items, 0U);
  EXPECT_EQ(scan_chunk({region.data(), 7}, 4, 4).items, 0U);
}

TEST(Chunk, ScanFindsTheItemThatItsWorkerWasAboutToCount) {
  const Written written(0, 4, -1, &number);
  EXPECT_EQ(scan_chunk(written.bytes(), 3, 6).items, 4U);
}

TEST(Chunk, ScanFindsNoMoreItemsThanThereWere) {
  const Written written(0, 4, -1, &number);
  EXPECT_EQ(scan_chunk(written.bytes(), 3, 3).items, 0U);
  EXPECT_EQ(scan_chunk(written.bytes(), 9, 3).items, 0U);
}

TEST(Chunk, OfMoreItemsThanThereWereIsAnEncodingError) {
  const Written numbers(0, 4, -1, &number);
  EXPECT_EQ(decode<int>(numbers.bytes(), 4).size(), 4U);
  EXPECT_THROW(decode<int>(numbers.bytes(), 3), muster::EncodingError);
  const Written failing(0, 4, 3, &number);
  EXPECT_THROW(decode<int>(failing.bytes(), 3), muster::EncodingError);
  // Results that take no bytes: nothing but the number of items bounds them.
  const std::uint64_t header = ChunkHeader::pack(ChunkRecord::values, ChunkHeader::kMaxItems, 0);
  EXPECT_THROW(decode<void>(std::as_bytes(std::span(&header, 1))), muster::EncodingError);
}

TEST(Chunk, IsPutTogetherFromPieces) {
  // The first worker died in item 3, the second ran the rest, and died in item 8.
  const Written first(0, 3, 1, &text);
  const Written second(4, 8, 6, &text);
  ChunkAssembly assembly;
  EXPECT_EQ(assembly.add_piece(first.bytes(), first.done, 9), 3U);
  assembly.add_failure(std::make_exception_ptr(muster::WorkerDiedError("died")));
  EXPECT_EQ(assembly.add_piece(second.bytes(), second.done, 5), 4U);
  assembly.add_failure(std::make_exception_ptr(muster::WorkerDiedError("died")));
  EXPECT_EQ(assembly.items(), 9U);
  EXPECT_EQ(outcomes(decode<std::string>(assembly.bytes()), &text), "vxvxvvxvx");
}

// Four items, each with a checksum.
class SummedChunk : public testing::Test {
 protected:
  static constexpr std::uint64_t kKey = 7;

  SummedChunk() {
    ChunkProgress progress;
    progress.first = 2;
    progress.sum_key = kKey;
    ChunkWriter writer(out, &progress);
    write_items(writer, out, 2, 6, -1, &text);
    region.assign(out.data(), out.data() + out.size());
    region.resize(region.size() + 256, std::byte{0x5A});
  }
  // What `counted` items, of so many at most, come to.
  std::string taken(std::uint32_t counted, std::uint32_t most = 4, std::uint64_t key = kKey,
                    std::uint32_t first = 2) {
    ChunkAssembly assembly;
    assembly.add_checked_piece(region, key, first, counted, most,
                               std::make_exception_ptr(muster::EncodingError("spoiled")));
    return outcomes(decode<std::string>(assembly.bytes()), &text, 2);
  }

  test_support::GrowingBytes growth;
  muster::Encoder out{nullptr, nullptr, &growth};
  std::vector<std::byte> region;
};

TEST_F(SummedChunk, IsReadLikeAnyOther) {
  EXPECT_EQ(outcomes(decode<std::string>({out.data(), out.size()}), &text, 2), "vvvv");
}

TEST_F(SummedChunk, IsTakenAsFarAsItWasCommitted) {
  EXPECT_EQ(taken(4), "vvvv");
  EXPECT_EQ(taken(3, 6), "vvvv");  // it was about to count one more
  EXPECT_EQ(taken(2, 2), "vv");
  EXPECT_EQ(taken(5, 6), "vvvvx");  // counted, and not there
}

TEST_F(SummedChunk, LosesTheItemThatWasWrittenOverAlone) {
  const std::string second = text(3);
  auto at =
      std::search(region.begin(), region.end(), reinterpret_cast<const std::byte*>(&second[0]),
                  reinterpret_cast<const std::byte*>(&second[0]) + second.size());
  ASSERT_NE(at, region.end());
  *at ^= std::byte{1};
  EXPECT_EQ(taken(4), "vxvv");
}

TEST_F(SummedChunk, LosesWhatStandsBehindALengthThatWasWrittenOver) {
  region[4 * sizeof(std::uint64_t)] = std::byte{0xFF};
  region[2 * sizeof(std::uint64_t)] = region[2 * sizeof(std::uint64_t) + 4] = std::byte{0xFF};
  EXPECT_EQ(taken(4), "xxxx");
}

TEST_F(SummedChunk, OfAnotherTimeIsNotTaken) {
  EXPECT_EQ(taken(1, 4, kKey + 1), "x");
  EXPECT_EQ(taken(1, 4, kKey, 3), "x");
}

TEST(Chunk, MayBeginWithAFailure) {
  const Written rest(1, 3, -1, &number);
  ChunkAssembly assembly;
  assembly.add_failure(std::make_exception_ptr(muster::WorkerDiedError("died")));
  assembly.add_piece(rest.bytes(), 2, 2);
  EXPECT_EQ(outcomes(decode<int>(assembly.bytes()), &number), "xvv");
}

TEST(Chunk, ThatMakesNoSenseIsAnEncodingError) {
  const Written written(0, 4, 1, &text);
  std::vector<std::byte> bytes(written.bytes().begin(), written.bytes().end());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const std::byte flip : {std::byte{0x01}, std::byte{0x80}, std::byte{0xFF}}) {
      auto damaged = bytes;
      damaged[i] ^= flip;
      // Either it can be read, as something, or it is an error of Muster's.
      try {
        static_cast<void>(decode<std::string>(damaged));
      } catch (const muster::EncodingError&) {
        continue;
      }
    }
    EXPECT_NO_FATAL_FAILURE(static_cast<void>(scan_chunk({bytes.data(), i}, 4, 4)));
  }
}

// ---- items and results that are their bytes, as a worker runs them ----

int half_of_even(int n) {
  if (n % 2 != 0) throw std::domain_error("odd");
  return n / 2;
}

using PlainCode = muster::detail::ChunkCode<muster::detail::CallTraits<int (&)(int), const int&>>;
static_assert(PlainCode::kPlain);

// Gives what is asked for, up to a bound; with `generous` all that is expected at once.
class BoundedBytes final : public muster::detail::Growth {
 public:
  BoundedBytes(std::size_t bound, bool generous) : bytes_(bound), generous_(generous) {}

  std::byte* grow(std::byte* old, std::size_t used, std::size_t wanted,
                  std::byte*& new_end) override {
    const std::size_t size = generous_ ? std::max(wanted, expected_) : wanted;
    if (size > bytes_.size()) throw muster::EncodingError("no more room");
    if (used != 0 && old != bytes_.data()) std::memcpy(bytes_.data(), old, used);
    new_end = bytes_.data() + size;
    return bytes_.data();
  }
  void expect(std::size_t size) noexcept override { expected_ = size; }

 private:
  std::vector<std::byte> bytes_;
  std::size_t expected_ = 0;
  bool generous_;
};

class ChunkContext final : public muster::detail::TaskContext {
 public:
  explicit ChunkContext(const ChunkProgress& progress) : progress_(progress) { set_current(this); }
  ~ChunkContext() { set_current(nullptr); }
  bool stop_requested() const noexcept override { return false; }
  void set_progress(std::uint64_t, std::uint64_t) noexcept override {}
  std::size_t worker_index() const noexcept override { return 0; }
  pid_t worker_pid() const noexcept override { return 0; }
  const ChunkProgress* chunk() noexcept override { return &progress_; }

 private:
  const ChunkProgress& progress_;
};

// Runs a chunk of `inputs` from `progress.first` on; the outcomes as in outcomes(), values checked.
std::string run_plain(const std::vector<int>& inputs, BoundedBytes& growth,
                      const ChunkProgress& progress) {
  test_support::GrowingBytes task_growth;
  muster::Encoder task(nullptr, nullptr, &task_growth);
  muster::detail::encode_callable(task, &half_of_even);
  task.write(static_cast<std::uint32_t>(inputs.size()));
  for (const int input : inputs) task.write(input);

  const ChunkContext context(progress);
  muster::Decoder in(task.data(), task.size());
  muster::Encoder out(nullptr, nullptr, &growth);
  PlainCode::thunk(in, out);
  EXPECT_EQ(scan_chunk({out.data(), out.size()}, 1000, 1000).items, progress.items_done->load());
  ChunkResult<int> result = decode<int>({out.data(), out.size()});
  std::string text;
  for (std::size_t i = 0; i < result.size(); ++i) {
    std::exception_ptr error;
    const int* value = result.find(i, error);
    text += value != nullptr ? 'v' : 'x';
    EXPECT_EQ(value == nullptr ? 0 : *value, value == nullptr ? 0 : inputs[progress.first + i] / 2);
  }
  return text;
}

TEST(PlainChunk, GoesOnBehindItemsThatFail) {
  for (const bool generous : {true, false}) {
    std::atomic<std::uint32_t> done{0};
    ChunkProgress progress;
    progress.items_done = &done;
    BoundedBytes growth(1 << 16, generous);
    EXPECT_EQ(run_plain({1, 2, 4, 3, 5, 6, 8, 7}, growth, progress), "xvvxxvvx") << generous;
  }
}

TEST(PlainChunk, BeginsBehindWhatAnEarlierRunDid) {
  std::atomic<std::uint32_t> done{0};
  ChunkProgress progress;
  progress.first = 3;
  progress.items_done = &done;
  BoundedBytes growth(1 << 16, true);
  EXPECT_EQ(run_plain({2, 4, 6, 8, 9, 10}, growth, progress), "vxv");
}

TEST(PlainChunk, StopsBetweenItems) {
  std::atomic<std::uint32_t> done{0};
  std::atomic<std::uint32_t> stop{1};
  ChunkProgress progress;
  progress.items_done = &done;
  progress.stop = &stop;
  BoundedBytes growth(1 << 16, true);
  EXPECT_EQ(run_plain({2, 4, 6}, growth, progress), "");
}

TEST(PlainChunk, UsesWhatMemoryThereIsWhereAllOfItsResultsDoNotFit) {
  const std::vector<int> inputs(100, 2);
  std::atomic<std::uint32_t> done{0};
  ChunkProgress progress;
  progress.items_done = &done;
  BoundedBytes growth(8 + 50 * sizeof(int), false);
  // Not even the errors of the others have room: the chunk as a whole says so.
  EXPECT_THROW(run_plain(inputs, growth, progress), muster::EncodingError);
  EXPECT_EQ(done.load(), 50U);
}

}  // namespace
