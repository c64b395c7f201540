#include "byte_sink.hpp"

#include <unistd.h>

namespace parallel_gzip {

void StandardOutput::write(Bytes bytes) { write_all(STDOUT_FILENO, bytes, "standard output"); }

}  // namespace parallel_gzip
