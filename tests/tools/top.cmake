# muster top: its parts without a terminal, and all of it in one.
muster_test(top_text_test SOURCES top_text_test.cpp)
target_link_libraries(top_text_test PRIVATE muster-tool-parts)
muster_test(top_table_test SOURCES top_table_test.cpp)
target_link_libraries(top_table_test PRIVATE muster-tool-parts)
muster_test(top_model_test SOURCES top_model_test.cpp)
target_link_libraries(top_model_test PRIVATE muster-tool-parts)

add_executable(tool_top_client programs/top_client.cpp)
target_link_libraries(tool_top_client PRIVATE muster::muster)
target_include_directories(tool_top_client PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/..)
set_target_properties(tool_top_client PROPERTIES
  OUTPUT_NAME top_client
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/programs)

# The system's own: pyte is a package of Debian's, which no other Python sees.
find_program(MUSTER_SYSTEM_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH
  DOC "The Python that has pyte (Debian: python3-pyte), which the test of muster top needs")
find_program(MUSTER_SYSTEM_PYTHON python3)
mark_as_advanced(MUSTER_SYSTEM_PYTHON)
execute_process(COMMAND ${MUSTER_SYSTEM_PYTHON} -c "import pyte"
  RESULT_VARIABLE muster_pyte_missing OUTPUT_QUIET ERROR_QUIET)
if(muster_pyte_missing)
  message(WARNING "Python's pyte is missing (Debian: python3-pyte): muster top is not tested in a "
    "terminal.")
  return()
endif()
foreach(suite IN ITEMS Lists ShowsWorkers Kills LeavesTheTerminalInOrder FitsTheTerminal PrintsText)
  add_test(NAME tools.top.${suite}
    COMMAND ${MUSTER_SYSTEM_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/top_test.py
      ${muster_BINARY_DIR} ${suite})
  set_tests_properties(tools.top.${suite} PROPERTIES TIMEOUT 300)
endforeach()
