#include "codec/make_checks.hpp"

namespace muster::test {

std::vector<ValueCheck> pointer_checks() { return make_checks<PointerRows>(); }

}  // namespace muster::test
