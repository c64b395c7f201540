// expect: muster: an abstract class cannot travel by value. Send a std::unique_ptr to it
// expect: CannotTravel<Shape
#include <muster/process_pool.hpp>

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
};
struct Unit : Shape {
  double area() const override { return 1; }
};
double area(const Shape& shape) { return shape.area(); }

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(area, Unit());
}
