// Calls tasks of a library that this program is not linked with, by their names: plugins LIBRARY.
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <muster/muster.hpp>

namespace {

void run(const std::string& library) {
  // muster-worker opens the library; this program never does.
  muster::ProcessPoolExecutor pool({.max_workers = 2, .modules = {library}});

  const muster::NamedTask<int(std::string_view)> count_words("count_words");
  std::cout << "words: " << pool.submit(count_words, "to be or not to be").result() << '\n';

  const muster::NamedTask<std::string(std::string)> reversed("text.reversed");
  const std::vector<std::string> words{"stressed", "", "drawer"};
  auto results = pool.map(reversed, words);
  for (const auto& outcome : results.outcomes()) {
    try {
      const std::string& word = outcome.value();
      std::cout << "reversed: " << word << '\n';
    } catch (const std::invalid_argument& error) {
      std::cout << "the task threw: " << error.what() << '\n';
    }
  }

  try {
    pool.submit(muster::NamedTask<long(std::string_view)>("count_words"), "to be").result();
  } catch (const muster::InvalidArgumentError& error) {
    std::cout << "refused: " << error.what() << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: plugins LIBRARY\n";
    return 2;
  }
  try {
    run(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << "plugins: " << error.what() << '\n';
    return 1;
  }
}
