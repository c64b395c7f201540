// expect: muster: an exception registered with MUSTER_REGISTER_EXCEPTION needs a Codec, or must
// derive expect: from std::exception and have a constructor from std::string
#include <string>

#include <muster/exception_registry.hpp>

class Failure {
 public:
  explicit Failure(int code) : text_(std::to_string(code)) {}

 private:
  std::string text_;
};

MUSTER_REGISTER_EXCEPTION(Failure)
