// A program of MPI's without Muster.
#include <mpi.h>

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  MPI_Barrier(MPI_COMM_WORLD);  // where nobody else comes
  MPI_Finalize();
  return 0;
}
