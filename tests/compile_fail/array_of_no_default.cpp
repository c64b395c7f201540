// expect: muster: nothing says how this type travels. Give it a cereal serialize function
// expect: CannotTravel<Account
#include <string>
#include <utility>

#include <muster/process_pool.hpp>

class Money {
 public:
  explicit Money(long cents) : cents_(cents) {}
  long cents() const { return cents_; }

 private:
  long cents_;
};
struct Account {
  Money months[2];
  std::string name;
};
long first(const Account& account) { return account.months[0].cents(); }

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(first, Account{{Money(1), Money(2)}, "name"});
}
