// expect: muster: this_worker::local<T>() destroys the T when the worker ends, where nobody catches
#include <muster/this_task.hpp>

struct Connection {
  ~Connection() noexcept(false) {}
};

Connection& kept() { return muster::this_worker::local<Connection>(); }
