#pragma once

#include <cstdint>
#include <string>

namespace steps {

// "0x55d0 muster::detail::...::claim+0x1c (muster-snapshots+0x12340)". Of code that a forked worker
// has where this process has it. The offset into the file is what addr2line wants.
std::string describe_address(std::uintptr_t address);

// In the code that the kernel gives to each process, to read its clock with (the vDSO).
bool is_in_vdso(std::uintptr_t address);

}  // namespace steps
