# Installs the library, its headers, muster-worker, the CMake package and the file for pkg-config.
# The other programs are installed by their own folders.
include(CMakePackageConfigHelpers)

set(muster_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/muster)

install(TARGETS muster muster_tasks muster-worker EXPORT muster-targets FILE_SET HEADERS)
install(EXPORT muster-targets NAMESPACE muster:: DESTINATION ${muster_package_dir})

# By itself, so that who wants the other alone needs no MPI.
if(TARGET muster_mpi)
  install(TARGETS muster_mpi EXPORT muster-mpi-targets)
  install(EXPORT muster-mpi-targets NAMESPACE muster:: DESTINATION ${muster_package_dir})
endif()

configure_package_config_file(cmake/muster-config.cmake.in muster-config.cmake
  INSTALL_DESTINATION ${muster_package_dir}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(muster-config-version.cmake
  COMPATIBILITY ${muster_compatibility})
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/muster-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/muster-config-version.cmake
  DESTINATION ${muster_package_dir})

# The paths in the file for pkg-config start from where it lies, so the prefix can be moved.
file(RELATIVE_PATH muster_pc_prefix
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" muster_pc_prefix ${muster_pc_prefix})
set(muster_pc_libdir "\${prefix}")
cmake_path(APPEND muster_pc_libdir ${CMAKE_INSTALL_LIBDIR})
set(muster_pc_includedir "\${prefix}")
cmake_path(APPEND muster_pc_includedir ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(cmake/muster.pc.in muster.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/muster.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(FILES worker/muster-worker.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

# The tool's page and completions, where man(1) and the shells look for them.
if(MUSTER_BUILD_TOOLS)
  install(FILES tools/muster/muster.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES tools/muster/completions/muster.bash RENAME muster
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES tools/muster/completions/_muster
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
endif()
