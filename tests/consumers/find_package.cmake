include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

build_project(${CMAKE_CURRENT_LIST_DIR}/find_package
  -D CMAKE_PREFIX_PATH=${prefix} -D muster_wanted=${version})
check_program(${work}/build/app)
