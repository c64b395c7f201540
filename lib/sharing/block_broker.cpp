#include "lib/sharing/block_broker.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <muster/error.hpp>

#include "lib/common/record_socket.hpp"

namespace muster::detail {

namespace {

// So many requests of one worker are answered before it is another's turn.
constexpr int kMostAtOnce = 16;

std::pair<FileDescriptor, FileDescriptor> socket_pair() {
  int pair[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    throw Error("cannot make a socket by which a worker asks for shared arrays: " +
                std::generic_category().message(errno));
  }
  return {FileDescriptor(pair[0]), FileDescriptor(pair[1])};
}

bool is(const struct stat& status, std::uint64_t id) {
  return S_ISREG(status.st_mode) && status.st_ino == id;
}

// The block's descriptor in the client, or errno. Workers are not believed: no other file of the
// client's is opened, and none that could make this process wait.
int open_block(pid_t client, const BlockRequest& request, FileDescriptor& fd) {
  constexpr std::string_view kName = "/memfd:muster:array";  // as BlockRegistry calls them
  const std::string path = "/proc/" + std::to_string(client) + "/fd/" + std::to_string(request.fd);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return errno;
  if (!is(status, request.id)) return ESTALE;
  std::array<char, kName.size()> name{};
  const ssize_t length = ::readlink(path.c_str(), name.data(), name.size());
  if (length < 0) return errno;
  if (std::string_view(name.data(), static_cast<std::size_t>(length)) != kName) return EACCES;
  if (request.kind == BlockRequest::Kind::look) return 0;
  const int mode = request.kind == BlockRequest::Kind::open_read_write ? O_RDWR : O_RDONLY;
  fd = FileDescriptor(::open(path.c_str(), mode | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return errno;
  // The client may have closed it meanwhile, and opened another file.
  if (::fstat(fd.get(), &status) == 0 && is(status, request.id)) return 0;
  fd.reset();
  return ESTALE;
}

}  // namespace

BlockBroker::BlockBroker(pid_t client, std::size_t most) : client_(client), most_(most) {
  std::tie(channel_, workers_end_) = socket_pair();
}

void BlockBroker::add_to(std::vector<pollfd>& fds) const {
  if (channel_) fds.push_back({channel_.get(), POLLIN, 0});
  for (const FileDescriptor& asker : askers_) fds.push_back({asker.get(), POLLIN, 0});
}

void BlockBroker::serve() {
  if (!channel_) return;
  // First, so that there is room for the successors of those that are gone.
  std::erase_if(askers_, [this](const FileDescriptor& asker) { return !answer(asker.get()); });
  while (true) {
    char hello = 0;
    FileDescriptor asker;
    if (receive_record(channel_.get(), &hello, sizeof(hello), {&asker, 1}, MSG_DONTWAIT) <= 0)
      break;
    // One too many is closed, and so hears of it.
    if (asker && askers_.size() < most_) askers_.push_back(std::move(asker));
  }
}

// False: it is gone, or no worker of ours.
bool BlockBroker::answer(int asker) const {
  for (int i = 0; i < kMostAtOnce; ++i) {
    BlockRequest request;
    const ssize_t got = receive_record(asker, &request, sizeof(request), {}, MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got != static_cast<ssize_t>(sizeof(request))) return false;
    FileDescriptor fd;
    const BlockAnswer answer{open_block(client_, request, fd)};
    // One that does not read its answers has asked without waiting.
    const int file = fd.get();
    if (send_record(asker, &answer, sizeof(answer), {&file, fd ? 1U : 0U}, MSG_DONTWAIT) < 0) {
      return false;
    }
  }
  return true;
}

BlockAsker::BlockAsker(int channel) {
  auto [mine, supervisors] = socket_pair();
  const char hello = 1;
  const int file = supervisors.get();
  while (send_record(channel, &hello, sizeof(hello), {&file, 1}, 0) < 0) {
    if (errno == EINTR) continue;
    throw Error("a worker cannot reach its supervisor, to ask for shared arrays: " +
                std::generic_category().message(errno));
  }
  socket_ = std::move(mine);
}

int BlockAsker::ask(const BlockRequest& request, FileDescriptor& fd) const {
  while (send_record(socket_.get(), &request, sizeof(request), {}, 0) < 0) {
    if (errno != EINTR) return errno;
  }
  while (true) {
    pollfd readable{socket_.get(), POLLIN, 0};
    if (::poll(&readable, 1, -1) < 0 && errno != EINTR) return errno;
    BlockAnswer answer;
    const ssize_t got =
        receive_record(socket_.get(), &answer, sizeof(answer), {&fd, 1}, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got != static_cast<ssize_t>(sizeof(answer))) return got < 0 ? errno : EPIPE;
    if (answer.error != 0) return answer.error;
    // It came, and this process had no descriptor left for it.
    const bool missing = request.kind != BlockRequest::Kind::look && !fd;
    return missing ? EMFILE : 0;
  }
}

}  // namespace muster::detail
