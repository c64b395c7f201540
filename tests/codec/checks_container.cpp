#include "codec/make_checks.hpp"

namespace muster::test {

std::vector<ValueCheck> container_checks() { return make_checks<ContainerRows>(); }

}  // namespace muster::test
