#include "lib/common/biased_mutex.hpp"

#include "lib/common/biased_mutex_steps.hpp"

namespace muster::detail {

template class BasicBiasedMutex<LocalPlatform, FavouriteRules>;

}  // namespace muster::detail
