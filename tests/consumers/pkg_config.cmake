include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

find_program(pkg_config NAMES pkgconf pkg-config REQUIRED)
set(ENV{PKG_CONFIG_PATH} ${prefix}/lib/pkgconfig)

execute_process(COMMAND ${pkg_config} --modversion muster
  OUTPUT_VARIABLE installed OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
if(NOT installed STREQUAL version)
  message(FATAL_ERROR "pkg-config says that this is Muster ${installed}; it is ${version}.")
endif()

execute_process(COMMAND ${pkg_config} --cflags --libs muster
  OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
run(${compiler} -std=c++20 ${app}/main.cpp ${app}/checks.cpp -o ${work}/app ${flags})

set(ENV{LD_LIBRARY_PATH} ${prefix}/lib)
check_program(${work}/app)

# Where a program lies at the same address in each run, and where it never does.
set(flags_of_fixed -fno-pie -no-pie)
set(flags_of_moved -fPIE -pie)
foreach(place IN ITEMS fixed moved)
  run(${compiler} -std=c++20 ${flags_of_${place}} ${app}/main.cpp ${app}/checks.cpp
    -o ${work}/${place} ${flags})
  check_program(${work}/${place})
endforeach()
