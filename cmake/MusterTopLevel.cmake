# What is set only where Muster is built for itself, and never for a project that includes it:
# warnings, sanitizers, compiler cache, where installed programs look for the library.
option(MUSTER_WARNINGS_AS_ERRORS "Fail on any warning" OFF)
set(MUSTER_SANITIZER "" CACHE STRING
  "asan (address and undefined behaviour), tsan, fuzz (as asan, for libFuzzer), or none")
set_property(CACHE MUSTER_SANITIZER PROPERTY STRINGS "" asan tsan fuzz)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or RelWithDebInfo" FORCE)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
  -Wold-style-cast)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  add_compile_options(-Wno-restrict)  # GCC bug 105651: wrong for "text" + std::to_string(n)
endif()
if(MUSTER_WARNINGS_AS_ERRORS)
  add_compile_options(-Werror)
endif()

if(MUSTER_SANITIZER STREQUAL "asan")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(MUSTER_SANITIZER STREQUAL "tsan")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)  # GCC warns of each fence, because the sanitizer ignores fences
  endif()
elseif(MUSTER_SANITIZER STREQUAL "fuzz")
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "libFuzzer is Clang's: with MUSTER_SANITIZER fuzz the compiler is Clang.")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(MUSTER_SANITIZER)
  message(FATAL_ERROR
    "MUSTER_SANITIZER is '${MUSTER_SANITIZER}'; it can be asan, tsan, fuzz or empty.")
endif()

find_program(MUSTER_CCACHE ccache DOC "Compiler cache, used where it is found")
mark_as_advanced(MUSTER_CCACHE)
if(MUSTER_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  # The tests' precompiled headers need this of it.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${MUSTER_CCACHE})
endif()

file(RELATIVE_PATH muster_lib_from_bin ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
set(CMAKE_INSTALL_RPATH "$ORIGIN/${muster_lib_from_bin}")

enable_testing()
