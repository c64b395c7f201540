// expect: muster: a member of this aggregate is a pointer, a reference or a view
// expect: CannotTravel<Name
#include <string_view>

#include <muster/process_pool.hpp>

struct Name {
  std::string_view text;
};
void take(Name) {}

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(take, Name{"text"});
}
