#include "mapped_modules.hpp"

#include <vector>

#include "debug_files.hpp"
#include "lib/common/file_descriptor.hpp"

namespace muster_tool {

Dwfl_Module* report_file(Dwfl* dwfl, pid_t pid, const MappedFile& file) {
  muster::detail::FileDescriptor descriptor(open_mapped(pid, file));
  if (dwfl == nullptr || !descriptor) return nullptr;
  ::dwfl_report_begin_add(dwfl);
  Dwfl_Module* const module = ::dwfl_report_elf(dwfl, file.path.c_str(), file.path.c_str(),
                                                descriptor.get(), file.base, false);
  if (module != nullptr) (void)descriptor.release();
  ::dwfl_report_end(dwfl, nullptr, nullptr);
  return module;
}

DwflSession session_of_process(pid_t pid) {
  const std::vector<MappedFile> files = mapped_files(pid);
  if (files.empty()) return nullptr;
  DwflSession session(::dwfl_begin(&local_debug_files()));
  for (const MappedFile& file : files) report_file(session.get(), pid, file);
  return session;
}

}  // namespace muster_tool
