#include "codec/make_checks.hpp"

namespace muster::test {

std::vector<ValueCheck> own_checks() { return make_checks<OwnRows>(); }

}  // namespace muster::test
