include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

build_project(${CMAKE_CURRENT_LIST_DIR}/add_subdirectory -D muster_source=${source})
check_program(${work}/build/app)

# What a project includes does not force its tests, programs and files on it.
file(GLOB_RECURSE unwanted ${work}/build/*muster-bench* ${work}/build/*gtest*)
if(unwanted)
  message(FATAL_ERROR "add_subdirectory made more than the library: ${unwanted}")
endif()
run(${CMAKE_COMMAND} --install ${work}/build --prefix ${work}/prefix)
file(GLOB_RECURSE unwanted ${work}/prefix/*muster*)
if(unwanted)
  message(FATAL_ERROR "add_subdirectory made the project install ${unwanted}")
endif()
