#pragma once

#include "bench/scenario.hpp"

namespace bench {

// A cell that there is not.
class NoSuchCell : public MeasurementError {
 public:
  using MeasurementError::MeasurementError;
};

// Throws NoSuchCell, which says what there is, for what the scenario does not do, or not with this
// peer, and MeasurementError where it cannot be done here.
void require_known(const Scenario& scenario, const Cell& cell);

}  // namespace bench
