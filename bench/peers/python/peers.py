"""Python's pools, for python_peer.cpp: run as peers.py NAME, it reads a command a line and answers
each with a line of "key=value" fields. peers.py --missing prints "version" and the interpreter's,
and then what cannot be imported, a line "NAME PACKAGE" each."""
import importlib.util
import multiprocessing
import os
import sys
import tempfile
import time

import tasks


class Pool:
    """One of concurrent.futures' kind. Others say what they do otherwise."""

    module, package = "concurrent.futures", "python3"
    # What the module imports only when it is first used; a pool's start is not to pay for it.
    parts = ("concurrent.futures.thread", "concurrent.futures.process")

    def make(self, workers):
        raise NotImplementedError

    def open(self, workers):
        self.workers = workers
        self.pool = self.make(workers)

    def close(self):
        self.pool.shutdown()

    def submit(self, function, argument):
        return self.pool.submit(function, argument)

    def take(self, future):
        return future.result()

    def map(self, function, inputs):
        return self.pool.map(function, inputs, chunksize=self.chunk(inputs))

    def chunk(self, inputs):
        """What multiprocessing.Pool.map chooses by itself: four chunks a worker."""
        return max(1, len(inputs) // (4 * self.workers))

    def prepare_arrays(self):
        """Before the first sum_arrays(): what is not to be paid for by that."""

    def sum_arrays(self, array, times):
        futures = [self.submit(tasks.sum_doubles, array) for _ in range(times)]
        return sum(self.take(each) for each in futures)


class Threads(Pool):
    def make(self, workers):
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(workers)


class Processes(Pool):
    method = "fork"

    def make(self, workers):
        from concurrent.futures import ProcessPoolExecutor

        context = multiprocessing.get_context(self.method)
        return ProcessPoolExecutor(workers, context, initializer=tasks.end_with_parent)


class ForkServerProcesses(Processes):
    method = "forkserver"
    parts = (*Processes.parts, "multiprocessing.popen_forkserver")

    def __init__(self):
        """The server is there before the first pool, as Muster's is."""
        from multiprocessing import forkserver

        multiprocessing.set_forkserver_preload(["tasks", *self.parts])
        forkserver.ensure_running()


class SpawnedProcesses(Processes):
    method = "spawn"
    parts = (*Processes.parts, "multiprocessing.popen_spawn_posix")


class MultiprocessingPool(Pool):
    module = "multiprocessing"
    parts = ("multiprocessing.pool", "multiprocessing.popen_fork")

    def make(self, workers):
        return multiprocessing.get_context("fork").Pool(workers, tasks.end_with_parent)

    def close(self):
        self.pool.close()
        self.pool.join()

    def submit(self, function, argument):
        return self.pool.apply_async(function, (argument,))

    def take(self, future):
        return future.get()

    def map(self, function, inputs):
        return self.pool.map(function, inputs)


class Loky(Pool):
    module, package = "joblib", "python3-joblib"
    parts = ("joblib.externals.loky",)
    parallel = None
    files = None

    def make(self, workers):
        from joblib.externals.loky import ProcessPoolExecutor

        return ProcessPoolExecutor(workers)

    def close(self):
        if self.parallel is not None:
            self.parallel.__exit__(None, None, None)
        if self.files is not None:
            self.files.cleanup()
        super().close()

    def prepare_arrays(self):
        """joblib's workers are others than the executor's, and run as these do before."""
        from joblib import Parallel

        self.parallel = Parallel(n_jobs=self.workers).__enter__()
        self.sum_arrays(tasks.make_doubles(16), 2 * self.workers)

    def shared_array(self, count):
        """In a file that is gone when the array is: joblib hands its name to workers, which map it,
        as its documentation has it for input and output alike."""
        import numpy

        if self.files is None:
            self.files = tempfile.TemporaryDirectory(prefix="muster-bench-loky.")
            self.prepare_arrays()
        name = os.path.join(self.files.name, "array")
        if os.path.exists(name):
            os.unlink(name)
        return numpy.memmap(name, dtype=numpy.float64, mode="w+", shape=count)

    def fill_shared(self, array):
        from joblib import delayed

        return self.parallel([delayed(tasks.fill_and_tell)(array)])[0]

    def sum_arrays(self, array, times):
        """Through joblib, which puts large arrays into files that workers map: by one Parallel for
        all calls, as its documentation advises, so that a file that is there is used again."""
        from joblib import delayed

        call = delayed(tasks.sum_doubles)
        return sum(self.parallel(call(array) for _ in range(times)))


class Pebble(Pool):
    module, package = "pebble", "python3-pebble"
    parts = ()

    def make(self, workers):
        import pebble

        context = multiprocessing.get_context("fork")
        return pebble.ProcessPool(workers, initializer=tasks.end_with_parent, context=context)

    def close(self):
        self.pool.close()
        self.pool.join()

    def submit(self, function, argument):
        return self.pool.schedule(function, args=[argument])

    def map(self, function, inputs):
        return self.pool.map(function, inputs, chunksize=self.chunk(inputs)).result()


class Mpi(Pool):
    module, package = "mpi4py", "python3-mpi4py"
    parts = ("mpi4py.futures",)

    def make(self, workers):
        from mpi4py.futures import MPIPoolExecutor

        # The thread that talks to the workers looks again at once, and not after up to 1 ms of sleep.
        return MPIPoolExecutor(max_workers=workers, backoff=0)


POOLS = {
    "threads": Threads,
    "processes": Processes,
    "forkserver": ForkServerProcesses,
    "spawn": SpawnedProcesses,
    "pool": MultiprocessingPool,
    "loky": Loky,
    "pebble": Pebble,
    "mpi": Mpi,
}


class Commands:
    """What the peers in C++ are asked for; see bench/peers/peer.hpp."""

    def __init__(self, pool):
        self.pool = pool
        self.array = None
        self.received_array = None

    def hello(self):
        return {}

    def open(self, workers):
        self.pool.open(int(workers))
        return {}

    def close(self):
        self.pool.close()
        return {}

    def kept(self, count):
        pool = self.pool
        futures = [pool.submit(tasks.plus_one, n) for n in range(int(count))]
        return {"sum": sum(pool.take(each) for each in futures)}

    def windowed(self, count, window):
        pool, count, window = self.pool, int(count), int(window)
        futures = [pool.submit(tasks.plus_one, n) for n in range(min(count, window))]
        total = 0
        for n in range(len(futures), count):
            total += pool.take(futures[n % window])
            futures[n % window] = pool.submit(tasks.plus_one, n)
        return {"sum": total + sum(pool.take(each) for each in futures)}

    def one_at_a_time(self, count, pause_ns):
        pool, pause, clock = self.pool, int(pause_ns) * 1e-9, time.perf_counter
        total, seconds = 0, []
        for n in range(int(count)):
            if pause:
                time.sleep(pause)
            start = clock()
            total += pool.take(pool.submit(tasks.plus_one, n))
            seconds.append(clock() - start)
        return {"sum": total, "seconds": ",".join(map(repr, seconds))}

    def map(self, count):
        return {"sum": sum(self.pool.map(tasks.short_work, range(int(count))))}

    def burn(self, microseconds):
        futures = [self.pool.submit(tasks.burn, int(each)) for each in microseconds.split(",")]
        return {"ended": ",".join(str(self.pool.take(each)) for each in futures)}

    def prepare_doubles(self, count):
        self.array = tasks.make_doubles(int(count))
        self.pool.prepare_arrays()
        return {}

    def to_worker(self, times):
        return {"sum": self.pool.sum_arrays(self.array, int(times))}

    def from_worker(self, count):
        future = self.pool.submit(tasks.make_and_tell, int(count))
        self.received_array, made = self.pool.take(future)
        return {"made": made}

    def share_doubles(self, count):
        self.array = self.pool.shared_array(int(count))
        self.array[:] = tasks.make_doubles(int(count))
        return {}

    def to_worker_shared(self):
        return self.to_worker(1)

    def from_worker_shared(self, count):
        self.received_array = self.pool.shared_array(int(count))
        return {"made": self.pool.fill_shared(self.received_array)}

    def received(self):
        total, self.received_array = float(self.received_array.sum()), None
        return {"sum": total}

    def echo_doubles(self, times):
        """To a worker and back, so many times one after the other."""
        clock, seconds = time.perf_counter, []
        for _ in range(int(times)):
            start = clock()
            back = self.pool.take(self.pool.submit(tasks.echo, self.array))
            seconds.append(clock() - start)
            if back is self.array or (back != self.array).any():
                raise ValueError("what came back is not what was sent")
        return {"seconds": ",".join(map(repr, seconds))}

    def worker_pids(self):
        futures = [self.pool.submit(tasks.own_pid, 0) for _ in range(2 * self.pool.workers)]
        pids = sorted({self.pool.take(each) for each in futures})
        return {"pids": ",".join(map(str, pids))}


def missing():
    print("version", ".".join(map(str, sys.version_info[:3])))
    for name, pool in POOLS.items():
        if importlib.util.find_spec(pool.module) is None:
            print(name, pool.package)
        elif importlib.util.find_spec("numpy") is None:
            print(name, "python3-numpy")


def own_streams():
    """Standard input and output, under numbers that no child inherits: MPI's daemon reads its
    standard input."""
    questions, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return questions, answers


def main():
    if sys.argv[1] == "--missing":
        missing()
        return
    questions, answers = own_streams()
    pool = POOLS[sys.argv[1]]()
    for module in (pool.module, *pool.parts):
        importlib.import_module(module)
    commands = Commands(pool)
    for line in questions:
        name, *arguments = line.split()
        answer = getattr(commands, name)(*arguments)
        print(" ".join(f"{key}={value}" for key, value in answer.items()), file=answers, flush=True)


if __name__ == "__main__":
    main()
