#include "lib/common/futex_mutex.hpp"

#include "lib/common/futex_mutex_steps.hpp"

namespace muster::detail {

template class BasicFutexMutex<LocalPlatform>;

}  // namespace muster::detail
