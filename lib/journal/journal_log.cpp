#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <new>
#include <random>
#include <string>
#include <utility>

#include <muster/detail/journal_log.hpp>
#include <muster/error.hpp>
#include <muster/log.hpp>

#include "lib/common/checksum.hpp"
#include "lib/common/exception_text.hpp"
#include "lib/common/fork_guard.hpp"
#include "lib/journal/errors.hpp"
#include "lib/journal/format.hpp"
#include "lib/journal/held_file.hpp"
#include "lib/journal/scan.hpp"
#include "lib/journal/syncer.hpp"

namespace muster::detail {
namespace {

// 0, or the error. What a limit on the size of files forbids is an error like another, and never
// SIGXFSZ, which ends the program.
int write_all(int fd, const char* data, std::size_t size, std::uint64_t place) noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
      place + size > limit.rlim_cur)
    return EFBIG;
  while (size != 0) {
    const ssize_t done = ::pwrite(fd, data, size, static_cast<off_t>(place));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    if (done == 0) return ENOSPC;
    data += done;
    size -= static_cast<std::size_t>(done);
    place += static_cast<std::uint64_t>(done);
  }
  return 0;
}

class FileLog final : public JournalLog {
 public:
  FileLog(const std::filesystem::path& path, const JournalIdentity& identity)
      : name_(path.string()),
        file_(std::make_unique<HeldFile>(path)),
        window_(file_->get(), name_),
        scan_(scan_journal(window_)),
        salt_(scan_.salt),
        end_(scan_.end) {
    if (!scan_.has_header) {
      begin_file(identity);
    } else if (!scan_.identity.is_of(identity)) {
      refuse(identity);
    }
    if (scan_.size > end_ && ::ftruncate(file_->get(), static_cast<off_t>(end_)) != 0)
      throw_file_error(name_, "cannot be cut to its last whole record", errno);
  }
  // In a forked child its threads are not there and its file is closed.
  ~FileLog() override { close(); }

  bool find(std::uint64_t index, std::uint64_t key, std::span<const std::byte>& value) override {
    const auto entry = scan_.entries.find(index);
    if (entry == scan_.entries.end() || entry->second.key != key) return false;
    const auto found = read_entry(window_, salt_, index, entry->second);
    if (found) value = *found;
    return found.has_value();
  }

  void append(const JournalBatch& batch) noexcept override {
    std::unique_lock lock(mutex_);
    if (closed_ || failed()) return;
    int error = 0;
    try {
      encode(batch);
      error = write_all(file_->get(), buffer_.data(), buffer_.size(), end_);
    } catch (const std::bad_alloc&) {
      error = ENOMEM;
    }
    if (error != 0) {
      // What was written of it is no whole record; where it cannot be taken back the next map cuts
      // it off.
      static_cast<void>(::ftruncate(file_->get(), static_cast<off_t>(end_)) != 0);
      lock.unlock();
      fail("cannot be written", error);
      return;
    }
    end_ += buffer_.size();
    end_written_.store(end_, std::memory_order_release);
    const std::uint64_t written = buffer_.size();
    if (buffer_.capacity() > kMostKept) std::string().swap(buffer_);
    lock.unlock();
    syncer_->note(written);
  }

  void fail(std::uint64_t index, const std::exception_ptr& why) noexcept override {
    std::string text;
    try {
      text = "the journal '" + name_ + "' cannot keep the result of item " + std::to_string(index) +
             ": " + describe_exception(why);
    } catch (const std::bad_alloc&) {
      text.clear();  // fail() says that there is no memory
    }
    fail(text);
  }

  bool failed() const noexcept override { return failed_.load(std::memory_order_acquire); }

  void sync() override {
    sync_file();
    if (failed()) throw JournalError(told());
  }

  void close() noexcept override {
    if (generation_ != fork_generation()) {
      // A forked child has neither the thread nor the file.
      static_cast<void>(syncer_.release());
      static_cast<void>(file_.release());
      return;
    }
    {
      std::lock_guard lock(mutex_);
      if (std::exchange(closed_, true)) return;
    }
    syncer_->stop();
    sync_file();
    file_.reset();
  }

 private:
  static constexpr std::size_t kMostKept = std::size_t{4} << 20;
  static constexpr const char* kConsequence =
      ". What had been written before is kept; the map's results from then on are not in the "
      "journal, and will be computed again.";

  void begin_file(const JournalIdentity& identity) {
    std::random_device entropy;
    salt_ = std::uint64_t{entropy()} << 32 | entropy();
    const std::string header = encode_header(identity, salt_);
    if (header.size() > kMostIdentityBytes) {
      throw InvalidArgumentError("the journal '" + name_ +
                                 "' is not made: the name of the callable's type or of the "
                                 "results' is longer than it can hold");
    }
    if (const int error = write_all(file_->get(), header.data(), header.size(), 0))
      throw_file_error(name_, "cannot be written", error);
    if (::fdatasync(file_->get()) != 0) throw_file_error(name_, "cannot be synced", errno);
    end_ = header.size();
  }

  [[noreturn]] void refuse(const JournalIdentity& identity) const {
    const JournalIdentity& found = scan_.identity;
    std::string what = "holds results of type '" + found.result + "' of '" + found.callable +
                       "', and this map is of '" + identity.callable + "', with results of type '" +
                       identity.result + "'";
    if (found.callable == identity.callable && found.result == identity.result) {
      what += found.layout != identity.layout
                  ? "; the members of that type are others by now"
                  : "; there are two of that name, and it is of the other one";
    }
    throw InvalidArgumentError("the journal '" + name_ + "' is of another map: it " + what +
                               ". Name another file, or delete this one to begin anew.");
  }

  // The records of a batch into buffer_, as they will stand from end_ on.
  void encode(const JournalBatch& batch) {
    buffer_.clear();
    const std::byte* value = batch.values.data();
    for (const JournalBatch::Item& item : batch.items) {
      const std::size_t at = buffer_.size();
      RecordHeader header{kRecordMark, 0, item.index, item.key, item.bytes};
      buffer_.resize(at + sizeof(header) + padded(item.bytes));
      char* const place = buffer_.data() + at + sizeof(header);
      if (item.bytes != 0) std::memcpy(place, value, item.bytes);
      header.checksum = checksum_of(header, salt_, end_ + at,
                                    reinterpret_cast<const std::byte*>(place), padded(item.bytes));
      std::memcpy(place - sizeof(header), &header, sizeof(header));
      value += item.bytes;
    }
  }

  // On any thread. Who has written before it began finds it synced.
  void sync_file() noexcept {
    // Acquire: with the release in append(), what is synced is all that was written.
    const std::uint64_t end = end_written_.load(std::memory_order_acquire);
    if (synced_.load(std::memory_order_acquire) >= end) return;
    if (::fdatasync(file_->get()) != 0) {
      fail("cannot be synced", errno);
      return;
    }
    std::uint64_t before = synced_.load(std::memory_order_relaxed);
    while (before < end && !synced_.compare_exchange_weak(before, end, std::memory_order_release)) {
    }
  }

  void fail(const char* what, int error) noexcept {
    std::string text;
    try {
      text = file_error(name_, what, error);
    } catch (const std::bad_alloc&) {
      text.clear();  // as above
    }
    fail(text);
  }
  // The first failure is the one that is told; empty: there is no memory to say what it was.
  void fail(std::string& why) noexcept {
    {
      std::lock_guard lock(mutex_);
      if (failed()) return;
      why_ = std::move(why);
      failed_.store(true, std::memory_order_release);
    }
    try {
      log(LogLevel::error, told());
    } catch (const std::bad_alloc&) {
      log(LogLevel::error, "a journal cannot be written, and there is no memory to say why");
    }
  }
  // Not before it has failed.
  std::string told() const {
    return (why_.empty() ? "the journal '" + name_ + "' cannot be written: there is no memory"
                         : why_) +
           kConsequence;
  }

  const std::string name_;
  const std::uint32_t generation_ = fork_generation();
  std::unique_ptr<HeldFile> file_;
  // What was there when it was opened; of the thread that calls find().
  FileWindow window_;
  const JournalScan scan_;
  std::uint64_t salt_;

  std::mutex mutex_;
  // Guarded by mutex_; why_ until it has failed.
  std::uint64_t end_;
  std::string buffer_;  // what is being written
  std::string why_;     // it failed
  bool closed_ = false;

  std::atomic<bool> failed_{false};
  std::atomic<std::uint64_t> end_written_{0};
  std::atomic<std::uint64_t> synced_{0};
  std::unique_ptr<Syncer> syncer_ = std::make_unique<Syncer>([this] { sync_file(); });
};

}  // namespace

std::uint64_t key_of(std::span<const std::byte> input) {
  return wide_checksum(input.data(), input.size());
}

std::shared_ptr<JournalLog> JournalLog::open(const std::filesystem::path& path,
                                             const JournalIdentity& identity) {
  return std::make_shared<FileLog>(path, identity);
}

}  // namespace muster::detail
