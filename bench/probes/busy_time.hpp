#pragma once

namespace bench {

// Seconds that all processors of this machine have spent since it began, whoever used them, those
// that the host of a virtual machine took away among them. The kernel counts in steps of its tick.
// 0 where it does not say.
double busy_seconds();

}  // namespace bench
