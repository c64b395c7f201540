// expect: muster: a member of this aggregate is a pointer, a reference or a view
// expect: specialise muster::Codec
// expect: CannotTravel<Image
#include <muster/process_pool.hpp>

struct Image {
  int width;
  unsigned char* pixels;
};
int width(Image image) { return image.width; }

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(width, Image{1, nullptr});
}
