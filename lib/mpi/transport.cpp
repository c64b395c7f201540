#include "lib/mpi/transport.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <utility>

#include "lib/mpi/wire.hpp"

namespace muster::detail {

namespace {

constexpr std::size_t kSpareBatches = 16;
// Of a large payload that is received: while some move, the next are matched already.
constexpr std::size_t kPiecesAhead = 4;
// Where pieces go that nobody has memory for. Nobody reads it.
std::array<std::byte, kPieceBytes> nowhere;

}  // namespace

Transport::~Transport() = default;

void Transport::check(int code, const char* what, int peer) const {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING + 1] = {};
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw TransportError(std::string(what) + " failed: " + text, peer);
}

bool Transport::is_initialized() {
  int initialized = 0;
  MPI_Initialized(&initialized);
  return initialized != 0;
}

void Transport::begin() {
  int given = 0;
  check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given), "MPI_Init_thread", -1);
  if (given < MPI_THREAD_FUNNELED) {
    throw TransportError("this MPI cannot be used by a program with threads", -1);
  }
  begun_ = true;
  check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler", -1);
  MPI_Comm_rank(comm_, &rank_);
  MPI_Comm_size(comm_, &ranks_);
  heard_.resize(static_cast<std::size_t>(ranks_));
}

void Transport::end() {
  if (!begun_) return;
  while (busy()) progress();
  begun_ = false;
  check(MPI_Finalize(), "MPI_Finalize", -1);
}

std::string Transport::host() {
  char name[MPI_MAX_PROCESSOR_NAME + 1] = {};
  int length = 0;
  MPI_Get_processor_name(name, &length);
  return std::string(name, static_cast<std::size_t>(length));
}

void Transport::send(int peer, std::vector<std::byte> batch) {
  Transfer& transfer = transfers_.emplace_back();
  transfer.peer = peer;
  transfer.batch = std::move(batch);
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Isend(transfer.batch.data(), static_cast<int>(transfer.batch.size()), MPI_BYTE, peer,
                  kBatchTag, comm_, &request),
        "MPI_Isend", peer);
  transfer.requests.push_back(request);
}

void Transport::send_large(int peer, const std::byte* data, std::size_t size,
                           std::function<void()> sent) {
  Transfer& transfer = transfers_.emplace_back();
  transfer.peer = peer;
  transfer.done = std::move(sent);
  ++large_;
  for (std::size_t at = 0; at < size; at += kPieceBytes) {
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Isend(data + at, static_cast<int>(std::min(kPieceBytes, size - at)), MPI_BYTE, peer,
                    kLargeTag, comm_, &request),
          "MPI_Isend", peer);
    transfer.requests.push_back(request);
  }
}

void Transport::receive_large(int peer, std::byte* data, std::size_t size,
                              std::function<void()> received) {
  Transfer transfer;
  transfer.peer = peer;
  transfer.place = data;
  transfer.size = size;
  transfer.done = std::move(received);
  receive(std::move(transfer));
}

void Transport::receive_in_vain(int peer, std::size_t size, std::function<void()> received) {
  Transfer transfer;
  transfer.peer = peer;
  transfer.place = nowhere.data();
  transfer.size = size;
  transfer.in_vain = true;
  transfer.done = std::move(received);
  receive(std::move(transfer));
}

void Transport::receive(Transfer given) {
  // Messages are received in the order in which they are asked for.
  const bool is_next = std::ranges::none_of(transfers_, [&given](const Transfer& other) {
    return other.peer == given.peer && !other.is_asked_for();
  });
  Transfer& transfer = transfers_.emplace_back(std::move(given));
  ++large_;
  if (is_next) ask_for_pieces(transfer);
}

void Transport::ask_for_pieces(Transfer& transfer) {
  const std::size_t ahead = transfer.in_vain ? 1 : kPiecesAhead;
  while (!transfer.is_asked_for() && transfer.requests.size() < ahead) {
    const std::size_t size = std::min(kPieceBytes, transfer.size - transfer.asked);
    MPI_Request request = MPI_REQUEST_NULL;
    std::byte* const place = transfer.in_vain ? transfer.place : transfer.place + transfer.asked;
    check(MPI_Irecv(place, static_cast<int>(size), MPI_BYTE, transfer.peer, kLargeTag, comm_,
                    &request),
          "MPI_Irecv", transfer.peer);
    transfer.asked += size;
    transfer.requests.push_back(request);
  }
}

void Transport::forget(int peer) {
  for (auto it = transfers_.begin(); it != transfers_.end();) {
    const auto next = std::next(it);
    if (it->peer == peer) {
      if (it->batch.empty()) --large_;
      forgotten_.splice(forgotten_.end(), transfers_, it);
    }
    it = next;
  }
}

// True if a request of it has ended.
bool Transport::look_at(Transfer& transfer) {
  std::vector<MPI_Request>& requests = transfer.requests;
  int ended = 0;
  if (requests.size() == 1) {
    check(MPI_Test(requests.data(), &ended, MPI_STATUS_IGNORE), "a transfer", transfer.peer);
  } else if (!requests.empty()) {
    ended_.resize(requests.size());
    check(MPI_Testsome(static_cast<int>(requests.size()), requests.data(), &ended, ended_.data(),
                       MPI_STATUSES_IGNORE),
          "a transfer of large data", transfer.peer);
  }
  if (ended <= 0) return false;
  std::erase(requests, MPI_REQUEST_NULL);
  if (transfer.place != nullptr) ++heard_[static_cast<std::size_t>(transfer.peer)];
  return true;
}

bool Transport::progress() {
  bool any = false;
  unasked_.clear();
  for (auto it = transfers_.begin(); it != transfers_.end();) {
    any |= look_at(*it);
    if (!it->is_asked_for()) {
      if (std::ranges::find(unasked_, it->peer) == unasked_.end()) ask_for_pieces(*it);
      if (!it->is_asked_for()) unasked_.push_back(it->peer);
    }
    if (!it->requests.empty() || !it->is_asked_for()) {
      ++it;
      continue;
    }
    Transfer ended = std::move(*it);
    it = transfers_.erase(it);
    if (!ended.batch.empty()) {
      if (spare_.size() < kSpareBatches) spare_.push_back(std::move(ended.batch));
    } else {
      --large_;
    }
    if (ended.done) ended.done();
  }
  return any;
}

std::vector<std::byte> Transport::spare() {
  if (spare_.empty()) return {};
  std::vector<std::byte> memory = std::move(spare_.back());
  spare_.pop_back();
  return memory;
}

bool Transport::receive(int& peer, std::span<const std::byte>& batch) {
  int there = 0;
  MPI_Status status;
  check(MPI_Iprobe(MPI_ANY_SOURCE, kBatchTag, comm_, &there, &status), "MPI_Iprobe", -1);
  if (there == 0) return false;
  int count = 0;
  check(MPI_Get_count(&status, MPI_BYTE, &count), "MPI_Get_count", status.MPI_SOURCE);
  const auto size = static_cast<std::size_t>(count);
  if (incoming_.size() < size + Record::kSlack) incoming_.resize(size + Record::kSlack);
  check(MPI_Recv(incoming_.data(), count, MPI_BYTE, status.MPI_SOURCE, kBatchTag, comm_,
                 MPI_STATUS_IGNORE),
        "MPI_Recv", status.MPI_SOURCE);
  peer = status.MPI_SOURCE;
  ++heard_[static_cast<std::size_t>(peer)];
  batch = std::span(incoming_).first(size);
  return true;
}

}  // namespace muster::detail
