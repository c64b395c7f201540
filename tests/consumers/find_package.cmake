include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

build_project(${CMAKE_CURRENT_LIST_DIR}/find_package
  -D CMAKE_PREFIX_PATH=${prefix} -D muster_wanted=${version})
check_program(${work}/build/app)

# The library finds muster-worker where both were installed. A program that contains the library is
# somewhere else, and finds it as it would any other program.
if(NOT shared)
  set(ENV{PATH} "${prefix}/bin:$ENV{PATH}")
endif()
run(${work}/build/with_tasks ${work}/build/libapp_tasks.so)
