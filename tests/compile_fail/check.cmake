# Compiles SOURCE with COMPILER, given FLAGS (a list), after HEADER, which precompile.cmake made.
# The comments at the top of SOURCE say what must come of it:
#   // expect: text     it must not compile, and the compiler says this
#   // compiles         it must compile
# Spaces do not count: compilers differ in them when they print types.

file(STRINGS ${SOURCE} comments REGEX "^// (expect: |compiles)")
execute_process(
  COMMAND ${COMPILER} ${FLAGS} -Winvalid-pch -fsyntax-only -include ${HEADER} ${SOURCE}
  RESULT_VARIABLE failed
  OUTPUT_VARIABLE output
  ERROR_VARIABLE output)

if(comments STREQUAL "// compiles")
  if(failed)
    message(FATAL_ERROR "It does not compile:\n${output}")
  endif()
  return()
endif()

if(NOT comments)
  message(FATAL_ERROR "${SOURCE} does not say what is expected of it.")
endif()
if(NOT failed)
  message(FATAL_ERROR "It compiles, but it must not.")
endif()
string(REPLACE " " "" said "${output}")
foreach(comment IN LISTS comments)
  string(REGEX REPLACE "^// expect: " "" expected "${comment}")
  string(REPLACE " " "" wanted "${expected}")
  string(FIND "${said}" "${wanted}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "The compiler does not say \"${expected}\". It says:\n${output}")
  endif()
endforeach()
# The sentence comes first, before what may follow from the mistake.
string(REGEX MATCH "error:[^\n]*" first "${output}")
if(NOT first MATCHES "muster: ")
  message(FATAL_ERROR "The first error is not Muster's: ${first}\nAll that it says:\n${output}")
endif()
