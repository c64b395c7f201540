# What the scripts beside this share. They are given: source, build (Muster's folders), version,
# generator, compiler, launcher (or none), readelf, kind (static or shared), prefix (where Muster is
# installed) and work (a folder for this test).
cmake_minimum_required(VERSION 3.25)

set(app ${CMAKE_CURRENT_LIST_DIR}/app)
if(kind STREQUAL "shared")
  set(shared ON)
else()
  set(shared OFF)
endif()
file(REMOVE_RECURSE ${work})
file(MAKE_DIRECTORY ${work})

# Position-independent and not optimized, so that what is compiled for one of these tests can come
# from the compiler cache in the others.
set(configure_arguments
  -G ${generator}
  -D CMAKE_CXX_COMPILER=${compiler}
  -D CMAKE_BUILD_TYPE=Debug
  -D CMAKE_CXX_FLAGS_DEBUG=-O0
  -D CMAKE_POSITION_INDEPENDENT_CODE=ON
  -D BUILD_SHARED_LIBS=${shared})

if(launcher)
  list(APPEND configure_arguments -D CMAKE_CXX_COMPILER_LAUNCHER=${launcher})
endif()

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# build_project(FOLDER ARGUMENT...): configures it with these arguments and builds it in ${work}.
function(build_project folder)
  run(${CMAKE_COMMAND} -S ${folder} -B ${work}/build ${configure_arguments} ${ARGN})
  run(${CMAKE_COMMAND} --build ${work}/build --parallel 2)
endfunction()

# check_program(FILE): it runs, and needs libmuster.so by its SONAME if that is what it was given.
function(check_program file)
  run(${file})
  execute_process(COMMAND ${readelf} --dynamic ${file}
    OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCH "^[0-9]+\\.[0-9]+" soversion ${version})
  if(shared AND NOT dynamic MATCHES "NEEDED.*\\[libmuster\\.so\\.${soversion}\\]")
    message(FATAL_ERROR "${file} does not need libmuster.so.${soversion}:\n${dynamic}")
  elseif(NOT shared AND dynamic MATCHES "libmuster")
    message(FATAL_ERROR "${file} was to contain Muster, but it needs a library:\n${dynamic}")
  endif()
endfunction()
