#pragma once
#include <muster/detail/backend.hpp>
#include <muster/options.hpp>
namespace muster::detail {
enum class MapOrder { inputs, completion };
template <class Path, MapOrder kOrder, class F, class... Rs>
void start_map(const Backends&, const MapOptions&, F&&, Rs&&...) {}
}
