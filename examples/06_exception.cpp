// What a task throws in a worker process arrives in its future with its type: exception() gives
// it, result() rethrows it. A type of one's own is registered once.
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include <muster/muster.hpp>

class ParseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
MUSTER_REGISTER_EXCEPTION(ParseError)

namespace {

int parse(const std::string& text) {
  if (text.empty()) throw ParseError("the text is empty");
  return std::stoi(text);  // throws std::invalid_argument where there is no number
}

}  // namespace

int main() {
  muster::ProcessPoolExecutor pool({.max_workers = 1});

  for (const char* text : {"42", "forty-two", ""}) {
    const muster::Future<int> future = pool.submit(parse, text);
    std::cout << '"' << text << "\": exception() is "
              << (future.exception() ? "an exception" : "null") << '\n';
    try {
      const int number = future.result();
      std::cout << '"' << text << "\": result() is " << number << '\n';
    } catch (const std::invalid_argument& error) {
      std::cout << '"' << text << "\": std::invalid_argument: " << error.what() << '\n';
    } catch (const ParseError& error) {
      std::cout << '"' << text << "\": ParseError: " << error.what() << '\n';
    }
  }
}
