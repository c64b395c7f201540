// expect: muster: nothing says how this type travels. Give it a cereal serialize function
// expect: muster::Codec
// expect: CannotTravel<Account
#include <string>
#include <utility>

#include <muster/process_pool.hpp>

class Account {
 public:
  explicit Account(std::string name) : name_(std::move(name)) {}
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};
std::size_t length(const Account& account) { return account.name().size(); }

int main() {
  muster::ProcessPoolExecutor pool;
  pool.submit(length, Account("name"));
}
