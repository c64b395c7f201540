# Installs Muster where the other tests look for it. It is built with everything but the library
# off and with the packages of the programs and tests out of reach, so this also shows that the
# library needs Boost, cereal and moodycamel's queue and nothing else.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

set(out_of_reach benchmark CLI11 fmt GTest nlohmann_json OpenMP PNG ZLIB)
set(headers_out_of_reach
  benchmark/benchmark.h CLI/CLI.hpp fmt/core.h fmt/format.h gtest/gtest.h nlohmann/json.hpp png.h zlib.h)

list(TRANSFORM out_of_reach REPLACE "(.+)" "-DCMAKE_DISABLE_FIND_PACKAGE_\\1=ON")
foreach(header IN LISTS headers_out_of_reach)
  file(WRITE ${work}/out_of_reach/${header} "#error \"The library includes ${header}.\"\n")
endforeach()

file(REMOVE_RECURSE ${prefix})
build_project(${source}
  -D MUSTER_BUILD_TESTS=OFF
  -D MUSTER_BUILD_BENCH=OFF
  -D MUSTER_BUILD_TOOLS=OFF
  -D MUSTER_BUILD_EXAMPLES=OFF
  -D CMAKE_INSTALL_LIBDIR=lib
  -D CMAKE_INSTALL_PREFIX=${work}/elsewhere
  -D CMAKE_CXX_FLAGS=-I${work}/out_of_reach
  ${out_of_reach})

# Not where it was configured to go: an installed Muster can be moved.
run(${CMAKE_COMMAND} --install ${work}/build --prefix ${prefix})
