// compiles
// What the messages of the programs that do not compile advise to do instead.
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/process_pool.hpp>

int twice(int x) { return 2 * x; }
std::size_t length(std::string_view text) { return text.size(); }
double sum(std::span<const double> values) { return values.empty() ? 0 : values[0]; }
int get(std::unique_ptr<int> value) { return *value; }

struct Image {
  int width = 0;
  std::vector<unsigned char> pixels;
};
Image flip(const Image& image) { return image; }

int main() {
  muster::ProcessPoolExecutor pool({.max_workers = 1, .initializer = [] {}});
  int captured = 1;
  const int* pointer = &captured;
  pool.submit(twice, 1);
  pool.submit(length, "a literal");
  pool.submit(sum, std::vector<double>{1, 2});
  pool.submit(get, std::make_unique<int>(3));
  pool.submit(flip, Image());
  pool.submit([captured](std::string text) { return text + std::to_string(captured); }, "text");
  pool.submit(muster::bitwise([pointer] { return *pointer; }));
}
