#include "lib/start/start_request.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <system_error>

#include <muster/codec.hpp>
#include <muster/error.hpp>

#include "lib/codec/heap_region.hpp"
#include "lib/common/record_socket.hpp"
#include "lib/segments/layout.hpp"

namespace muster::detail {

namespace bip = boost::interprocess;

namespace {

constexpr std::uint64_t kRequestMagic = 0x7473'6574'7261'7473;

struct RequestRecord {
  std::uint64_t magic = kRequestMagic;
  std::uint64_t layout = layout_hash();
  std::uint64_t module_count = 0;
  ResourceLimits limits{};
};

// In the order of the record's descriptors.
enum File : std::size_t {
  body,
  tasks,
  control,
  results,
  facts,
  doorbell,
  blocks,
  client,
  socket,  // from here on only with SocketsAlong
  reply,
  kFiles
};

std::string reason(int error) { return std::generic_category().message(error); }

Memfd adopt(FileDescriptor& file, bip::mode_t mode, std::size_t size) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || static_cast<std::size_t>(status.st_size) != size) {
    throw Error("a pool's shared memory has not the size that its settings say");
  }
  return Memfd::adopt(std::move(file), mode, size);
}

}  // namespace

FileDescriptor file_with(const std::byte* bytes, std::size_t size) {
  FileDescriptor file(::memfd_create("muster-start", MFD_CLOEXEC));
  if (!file) throw Error("cannot make a file for the start of a pool: " + reason(errno));
  std::size_t done = 0;
  while (done < size) {
    const ssize_t wrote = ::write(file.get(), bytes + done, size - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) throw Error("cannot write the settings of a pool: " + reason(errno));
    done += static_cast<std::size_t>(wrote);
  }
  return file;
}

std::vector<std::byte> bytes_in(const FileDescriptor& file) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw Error("cannot read the settings of a pool");
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got =
        ::pread(file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw Error("cannot read the settings of a pool: " + reason(errno));
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

bool send_start_request(int to, const std::string& whom, const WorkerSettings& settings,
                        const std::vector<ModuleMark>& modules, std::uint64_t module_count,
                        const SupervisorFiles& files, std::optional<SocketsAlong> sockets) {
  HeapRegion region;
  Encoder out(nullptr, nullptr, &region);
  out.write(settings);
  out.write(modules);
  const FileDescriptor content = file_with(out.data(), out.size());
  const SocketsAlong last = sockets.value_or(SocketsAlong{});
  const std::array<int, kFiles> all{content.get(),   files.tasks,    files.control, files.results,
                                    files.facts,     files.doorbell, files.blocks,  files.client,
                                    last.supervisor, last.reply};
  RequestRecord record;
  record.module_count = module_count;
  for (std::size_t resource = 0; resource < record.limits.size(); ++resource) {
    if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &record.limits[resource]) != 0) {
      throw Error("cannot read this program's resource limits: " + reason(errno));
    }
  }
  const std::span along(all.data(), sockets ? std::size_t{kFiles} : std::size_t{socket});
  while (send_record(to, &record, sizeof(record), along, 0) < 0) {
    if (errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET) return false;
    throw Error("cannot ask " + whom + " for the supervisor of pool \"" + settings.pool_name +
                "\": " + reason(errno));
  }
  return true;
}

std::optional<StartRequest> receive_start_request(int from) {
  RequestRecord record{};
  std::array<FileDescriptor, kFiles> files;
  ssize_t got = 0;
  do {
    got = receive_record(from, &record, sizeof(record), files, 0);
  } while (got < 0 && errno == EINTR);
  if (got == 0) return std::nullopt;
  if (got < 0) throw Error("cannot read what a client asks for: " + reason(errno));
  if (got != sizeof(record) || record.magic != kRequestMagic) {
    throw Error("what was asked for is no pool of Muster's");
  }
  if (record.layout != layout_hash()) {
    throw Error(
        "the client was built with another version of Muster than this program; build both with "
        "the same");
  }
  if (!files[client]) throw Error("a client's request has come without its files");
  const std::vector<std::byte> bytes = bytes_in(files[body]);
  Decoder in(bytes.data(), bytes.size());
  StartRequest request;
  static_cast<WorkerSettings&>(request.setup) = in.read<WorkerSettings>();
  request.modules = in.read<std::vector<ModuleMark>>();
  check_all_read(in);
  request.module_count = record.module_count;
  request.limits = record.limits;
  WorkerSetup& setup = request.setup;
  const Geometry& g = setup.geometry;
  setup.tasks = adopt(files[tasks], bip::read_only, g.tasks_bytes());
  setup.control = adopt(files[control], bip::read_write, g.control_bytes());
  setup.results = adopt(files[results], bip::read_write, g.results_bytes());
  setup.facts = adopt(files[facts], bip::read_write, g.facts_bytes());
  setup.doorbell = std::move(files[doorbell]);
  setup.blocks = std::move(files[blocks]);
  request.socket = std::move(files[socket]);
  request.client = std::move(files[client]);
  request.reply = std::move(files[reply]);
  return request;
}

}  // namespace muster::detail
