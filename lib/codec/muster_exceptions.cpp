#include "lib/codec/muster_exceptions.hpp"

#include <string>

#include <muster/error.hpp>

namespace muster::detail {

namespace {

// Those that tell of a worker's death, with all they know.
template <class E>
struct DeathFields {
  static void encode(Encoder& out, const E& error) {
    out.write(std::string(error.what()));
    out.write(error.death());
  }
  static E decode(Decoder& in) {
    const auto what = in.read<std::string>();
    return E(what, in.read<WorkerDeath>());
  }
};

struct RemoteFields {
  static void encode(Encoder& out, const RemoteError& error) {
    out.write(error.type_name());
    out.write(std::string(error.what()));
  }
  static RemoteError decode(Decoder& in) {
    auto type_name = in.read<std::string>();
    return RemoteError(std::move(type_name), in.read<std::string>());
  }
};

template <class E, class Fields = ExceptionFields<E>>
constexpr const ExceptionKind& kKindOf = ExceptionKindOf<E, Fields>::kKind;

constexpr ExceptionKind kKinds[] = {
    kKindOf<Error>,
    kKindOf<CancelledError>,
    kKindOf<TimeoutError>,
    kKindOf<TaskTimeoutError>,
    kKindOf<InvalidStateError>,
    kKindOf<InvalidArgumentError>,
    kKindOf<ShutdownError>,
    kKindOf<EncodingError>,
    kKindOf<JournalError>,
    kKindOf<RemoteError, RemoteFields>,
    kKindOf<WorkerDeathError, DeathFields<WorkerDeathError>>,
    kKindOf<BrokenExecutor, DeathFields<BrokenExecutor>>,
    kKindOf<BrokenProcessPool, DeathFields<BrokenProcessPool>>,
    kKindOf<BrokenThreadPool, DeathFields<BrokenThreadPool>>,
    kKindOf<WorkerDiedError, DeathFields<WorkerDiedError>>,
};

}  // namespace

std::span<const ExceptionKind> muster_exceptions() { return kKinds; }

}  // namespace muster::detail
