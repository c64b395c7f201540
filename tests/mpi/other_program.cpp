// Another program than that of rank 0.
#include <muster/mpi.hpp>
#include <muster/muster.hpp>

int main() { muster::init(); }
