// expect: muster: the elements of a SharedArray may be aligned to 4096 bytes at the most
#include <muster/process_pool.hpp>
#include <muster/shared_array.hpp>

struct alignas(8192) Block {
  char bytes[8192];
};

int main() { muster::SharedArray<Block> blocks(3); }
