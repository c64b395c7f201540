#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct ProgramEnd {
  bool in_time = false;  // false: it was ended for taking too long
  int status = 0;        // as waitpid() has it
  std::string output;
  std::string errors;  // what it wrote to standard error; "" unless that is kept

  // "ended by signal 11 (Segmentation fault)", "ended with code 3"; "" where all is well.
  std::string failure(std::chrono::seconds limit) const;
};

enum class Errors { passed_on, kept };

// From here on processes that lose their parent become children of this one, so that run_program()
// finds them whatever they did to get away.
void adopt_orphans();

// Runs a command (found by PATH) until it ends or `limit` is over, and returns what it wrote. When
// it ends, so does all that it started; when its time is over, or a signal asks this program to
// end (interrupt.hpp), all of it is asked to, and killed after some seconds. Throws Interrupted
// then, and std::system_error where the command cannot be run. Children that this process has when
// it begins are none of its business; while it runs, this process may get none otherwise.
ProgramEnd run_program(const std::vector<std::string>& command, std::chrono::seconds limit,
                       Errors errors = Errors::passed_on);

// The last line that is not empty, without its end.
std::string last_line(std::string_view text);

}  // namespace bench
