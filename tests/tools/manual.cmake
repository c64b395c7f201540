# That the man page and the shells' completions know what the tool takes. Without zsh or man it is
# skipped.
add_test(NAME tools.manual_test
  COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/manual_test.py
    $<TARGET_FILE:muster-tool> ${muster_SOURCE_DIR}/tools/muster)
set_tests_properties(tools.manual_test PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77)
