"""The tasks, in a module that worker processes can import."""
import ctypes
import os
import signal
import time

libc = ctypes.CDLL(None)


def end_with_parent():
    """What workers begin with, so that none stays if the interpreter above is killed."""
    pr_set_pdeathsig = 1
    libc.prctl(pr_set_pdeathsig, signal.SIGKILL)


def plus_one(n):
    return n + 1


def short_work(n):
    """About as long as a task of 50 ns elsewhere, for an interpreter."""
    return n * n + 1


def burn(microseconds):
    """As bench/peers/tasks.hpp says: processor time of the thread, and when it ended."""
    if microseconds > 0:
        until = time.thread_time_ns() + 1000 * microseconds
        while time.thread_time_ns() < until:
            sum(range(20))
    return time.monotonic_ns()


def sum_doubles(values):
    return float(values.sum())


def make_doubles(count):
    import numpy

    return numpy.arange(count, dtype=numpy.float64)


def make_and_tell(count):
    """And when they were made, by the clock that C++ calls the steady one."""
    return make_doubles(count), time.monotonic_ns()


def fill_and_tell(values):
    """The same into an array that is there."""
    values[:] = make_doubles(len(values))
    return time.monotonic_ns()


def echo(values):
    return values


def own_pid(_):
    time.sleep(0.05)
    return os.getpid()
