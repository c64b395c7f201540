// xargs -P: a program for each task, here expr, whose output is the result.
#include <charconv>
#include <string>

#include <fmt/format.h>

#include "bench/peers/makers.hpp"
#include "bench/probes/subprocess.hpp"
#include "bench/sample.hpp"

namespace bench {

namespace {

std::uint64_t sum_of_lines(std::string_view text) {
  std::uint64_t sum = 0;
  while (!text.empty()) {
    std::uint64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    sum += number;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    if (text.empty() || text.front() != '\n') throw MeasurementError("expr printed no number");
    text.remove_prefix(1);
  }
  return sum;
}

class Xargs : public Peer {
 public:
  void open(std::size_t workers) override { workers_ = workers; }
  void close() override {}

  std::uint64_t without_futures(std::uint32_t tasks) override {
    Subprocess xargs({"xargs", "-P", std::to_string(workers_), "-n", "1", "expr", "1", "+"});
    std::string inputs;
    for (std::uint32_t i = 0; i < tasks; ++i) inputs += fmt::format("{}\n", i);
    xargs.write(inputs);
    xargs.end_input();
    const std::string results = xargs.read_rest();
    if (const int code = xargs.wait(); code != 0) {
      throw MeasurementError(fmt::format("xargs ended with code {}", code));
    }
    return sum_of_lines(results);
  }

 private:
  std::size_t workers_ = 1;
};

}  // namespace

std::unique_ptr<Peer> make_xargs() { return std::make_unique<Xargs>(); }

}  // namespace bench
