# Names for addresses of code, of a library that is there in four forms: whole, without debug
# information, with it in a file of its own, and without any name.
set(forms ${CMAKE_CURRENT_BINARY_DIR}/symbols)
foreach(form IN ITEMS whole plain apart stripped)
  add_library(tool_nest_${form} SHARED programs/nest.cpp)
  target_compile_features(tool_nest_${form} PRIVATE cxx_std_20)
  target_compile_options(tool_nest_${form} PRIVATE -O2 -fvisibility=hidden)
  target_link_options(tool_nest_${form} PRIVATE LINKER:--build-id)
  set_target_properties(tool_nest_${form} PROPERTIES
    OUTPUT_NAME nest_${form}
    LIBRARY_OUTPUT_DIRECTORY ${forms})
endforeach()
target_compile_options(tool_nest_whole PRIVATE -g)
target_compile_options(tool_nest_apart PRIVATE -g)
target_link_options(tool_nest_stripped PRIVATE -s)
add_custom_command(TARGET tool_nest_apart POST_BUILD
  COMMAND ${CMAKE_OBJCOPY} --only-keep-debug libnest_apart.so libnest_apart.debug
  COMMAND ${CMAKE_OBJCOPY} --strip-all --add-gnu-debuglink=libnest_apart.debug libnest_apart.so
  WORKING_DIRECTORY ${forms}
  VERBATIM)

add_executable(tool_describe programs/describe.cpp)
target_link_libraries(tool_describe PRIVATE muster-tool-symbols)
set_target_properties(tool_describe PROPERTIES
  OUTPUT_NAME describe
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/programs)

muster_test(tool_symbols_test SOURCES tool_symbols_test.cpp)
target_link_libraries(tool_symbols_test PRIVATE muster-tool-symbols ${CMAKE_DL_LIBS})
target_compile_definitions(tool_symbols_test PRIVATE
  MUSTER_TEST_PROGRAMS="${muster_BINARY_DIR}"
  MUSTER_TEST_LIBRARIES="${forms}")
add_dependencies(tool_symbols_test tool_describe
  tool_nest_whole tool_nest_plain tool_nest_apart tool_nest_stripped)
