# Compiles SOURCE with COMPILER, given FLAGS (a list), into PRECOMPILED, for check.cmake.

execute_process(
  COMMAND ${COMPILER} ${FLAGS} -x c++-header ${SOURCE} -o ${PRECOMPILED}
  RESULT_VARIABLE failed
  ERROR_VARIABLE output)
if(failed)
  message(FATAL_ERROR "${SOURCE} does not compile:\n${output}")
endif()
