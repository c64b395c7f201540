// expect: muster: this callable cannot be a task of a process pool: it is not trivially copyable
#include <string>

#include <muster/executor.hpp>

void run(muster::Executor& executor) {
  const std::string text = "owned";
  executor.submit([text] { return text.size(); });
}
