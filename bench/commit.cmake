# Run by each build: writes OUTPUT, which defines the commit of the sources in SOURCE_DIR, and leaves
# it alone where it says so already.
set(commit unknown)
# Nothing that this asks for changes the repository.
set(ENV{GIT_OPTIONAL_LOCKS} 0)

# Sets `result` to what git prints, "" where it fails.
function(ask_git result)
  set(${result} "" PARENT_SCOPE)
  find_program(MUSTER_GIT git)
  if(NOT MUSTER_GIT)
    return()
  endif()
  execute_process(COMMAND ${MUSTER_GIT} -C ${SOURCE_DIR} ${ARGN}
    OUTPUT_VARIABLE printed ERROR_QUIET RESULT_VARIABLE code OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(code EQUAL 0)
    set(${result} "${printed}" PARENT_SCOPE)
  endif()
endfunction()

# Sources without a repository may lie in one of something else.
ask_git(prefix rev-parse --show-prefix)
ask_git(tracked ls-files --error-unmatch bench/commit.cmake)
if(prefix STREQUAL "" AND NOT tracked STREQUAL "")
  ask_git(commit rev-parse --short=12 HEAD)
  ask_git(changes status --porcelain --untracked-files=no -- include lib worker bench cmake
    CMakeLists.txt ":!bench/results" ":!*.md")
  if(commit STREQUAL "")
    set(commit unknown)
  elseif(NOT changes STREQUAL "")
    string(APPEND commit " and changes")
  endif()
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/commit.cpp.in ${OUTPUT} @ONLY)
