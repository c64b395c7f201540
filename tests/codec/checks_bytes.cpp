#include "codec/make_checks.hpp"

namespace muster::test {

std::vector<ValueCheck> bytes_checks() { return make_checks<BytesRows>(); }

}  // namespace muster::test
