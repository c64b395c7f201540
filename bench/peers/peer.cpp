#include "bench/peers/peer.hpp"

#include <stdexcept>
#include <string>

namespace bench {

namespace {

[[noreturn]] void throw_not_offered(const char* what) {
  throw std::logic_error(std::string("this peer does not offer ") + what +
                         ", though the table of peers says so");
}

}  // namespace

std::uint64_t Peer::kept(std::uint32_t) { throw_not_offered("kept"); }
std::uint64_t Peer::windowed(std::uint32_t, std::uint32_t) { throw_not_offered("windowed"); }
std::uint64_t Peer::without_futures(std::uint32_t) { throw_not_offered("without_futures"); }
std::uint64_t Peer::one_at_a_time(std::uint32_t, std::chrono::nanoseconds, std::vector<double>&) {
  throw_not_offered("one_at_a_time");
}
std::uint64_t Peer::map(std::span<const int>) { throw_not_offered("map"); }
std::vector<std::int64_t> Peer::burn_all(std::span<const int>) { throw_not_offered("burn_all"); }
double Peer::to_worker(std::span<const double>, std::uint32_t) { throw_not_offered("to_worker"); }
void Peer::from_worker(std::uint64_t) { throw_not_offered("from_worker"); }
void Peer::share_doubles(std::span<const double>) { throw_not_offered("share_doubles"); }
double Peer::to_worker_shared() { throw_not_offered("to_worker_shared"); }
void Peer::from_worker_shared(std::uint64_t) { throw_not_offered("from_worker_shared"); }
void Peer::from_worker_viewed(std::uint64_t) { throw_not_offered("from_worker_viewed"); }
void Peer::keep_doubles(std::uint64_t) { throw_not_offered("keep_doubles"); }
double Peer::sum_of_kept() { throw_not_offered("sum_of_kept"); }
double Peer::received() { throw_not_offered("received"); }

std::uint64_t Peer::mapped(int input) const {
  return static_cast<std::uint64_t>(short_work(input));
}

}  // namespace bench
