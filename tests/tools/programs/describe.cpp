// describe PID ADDRESS...: what the tool calls code of that process.

#include <cstdio>
#include <cstdlib>

#include "tools/muster/symbols.hpp"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  muster_tool::Symbolizer symbols(std::atoi(argv[1]));
  for (int i = 2; i < argc; ++i) {
    for (const std::string& line : symbols.describe(std::strtoull(argv[i], nullptr, 0))) {
      std::printf("%s\n", line.c_str());
    }
  }
}
