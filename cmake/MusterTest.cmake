include(GoogleTest)

# muster_test(NAME SOURCES source... [LABELS label...] [TIMEOUT seconds] [SERIAL] [STARTS method...])
#
# One GoogleTest executable, each of whose tests becomes a test of CTest with a process of its own.
# TIMEOUT is a watchdog for each of them: far above what it takes, and above that of
# support/watchdog.hpp, which says more. SERIAL: no other test runs meanwhile. STARTS: each test
# runs with pools that fork, and again with these other ways to start them.
# The labels no-asan and no-tsan leave it out of the build with that sanitizer; say why beside them.
function(muster_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "TIMEOUT" "SOURCES;LABELS;STARTS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "muster_test(${name}) does not know '${arg_UNPARSED_ARGUMENTS}'.")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 75)
  endif()
  if(MUSTER_SANITIZER)
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 4")
  endif()

  add_executable(${name} ${arg_SOURCES} ${muster_SOURCE_DIR}/tests/support/main.cpp)
  target_link_libraries(${name} PRIVATE muster::muster GTest::gtest)
  target_include_directories(${name} PRIVATE ${muster_SOURCE_DIR} ${muster_SOURCE_DIR}/tests)
  target_precompile_headers(${name} REUSE_FROM test_headers)
  if("no-${MUSTER_SANITIZER}" IN_LIST arg_LABELS)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()

  set(properties TIMEOUT ${arg_TIMEOUT})
  if(arg_LABELS)
    # gtest_discover_tests cannot pass a list on; ctest's -L and -LE look for a part of the label.
    list(JOIN arg_LABELS "," label)
    list(APPEND properties LABELS ${label})
  endif()
  if(arg_SERIAL)
    list(APPEND properties RUN_SERIAL ON)
  endif()
  gtest_discover_tests(${name}
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    NO_PRETTY_TYPES
    NO_PRETTY_VALUES
    PROPERTIES ${properties})
  foreach(method IN LISTS arg_STARTS)
    gtest_discover_tests(${name}
      DISCOVERY_MODE PRE_TEST
      DISCOVERY_TIMEOUT 60
      NO_PRETTY_TYPES
      NO_PRETTY_VALUES
      TEST_PREFIX ${method}.
      TEST_LIST ${name}_${method}_TESTS
      PROPERTIES ${properties} ENVIRONMENT MUSTER_START_METHOD=${method})
  endforeach()
endfunction()
