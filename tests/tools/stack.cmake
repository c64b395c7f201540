# Whatever the build is, the test knows functions, files and lines.
add_library(tool_stack_nest OBJECT programs/stack_nest.cpp)
target_compile_features(tool_stack_nest PRIVATE cxx_std_20)
target_compile_options(tool_stack_nest PRIVATE -g -O1)
target_include_directories(tool_stack_nest PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/..)

status_tool_test(stack_test $<TARGET_OBJECTS:tool_stack_nest>)
target_link_libraries(stack_test PRIVATE fmt::fmt)
status_tool_test(doctor_test)
