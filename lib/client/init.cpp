#include <muster/init.hpp>

namespace muster {

void init() {}

}  // namespace muster
