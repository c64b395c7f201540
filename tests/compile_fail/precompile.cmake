# Compiles SOURCE with COMPILER, given FLAGS (a list), for check.cmake: into HEADER.gch, for which
# both compilers look where they are to include HEADER.

execute_process(
  COMMAND ${COMPILER} ${FLAGS} -x c++-header ${SOURCE} -o ${HEADER}.gch
  RESULT_VARIABLE failed
  ERROR_VARIABLE output)
if(failed)
  message(FATAL_ERROR "${SOURCE} does not compile:\n${output}")
endif()
