# muster web: its server, and its page in a browser.
add_executable(tool_busy programs/busy.cpp)
target_link_libraries(tool_busy PRIVATE muster::muster)
# The names of its functions are looked for in backtraces.
target_compile_options(tool_busy PRIVATE -g)
set_target_properties(tool_busy PROPERTIES
  OUTPUT_NAME busy
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/programs)

status_tool_test(web_parts_test)
target_link_libraries(web_parts_test PRIVATE muster-tool-web)

find_package(Python3 COMPONENTS Interpreter REQUIRED)
set(web_test ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/web_test.py
  --muster $<TARGET_FILE:muster-tool> --busy $<TARGET_FILE:tool_busy>)
add_test(NAME web_server COMMAND ${web_test} Security Tokens CommandLine Stream)
set_tests_properties(web_server PROPERTIES TIMEOUT 300)

find_program(MUSTER_CHROMEDRIVER chromedriver DOC "Drives Chromium for a test")
mark_as_advanced(MUSTER_CHROMEDRIVER)
if(MUSTER_CHROMEDRIVER)
  add_test(NAME web_page COMMAND ${web_test} --chromedriver ${MUSTER_CHROMEDRIVER} Page)
  # Beside other tests a browser is so slow that they would wait for it.
  set_tests_properties(web_page PROPERTIES TIMEOUT 300 RUN_SERIAL ON)
else()
  message(STATUS "The page of muster web is not tested in a browser: chromium-driver is missing")
endif()
