"""One worker of one of Python's pools is killed; says by the exit code what becomes of its tasks.

peers.py pool|executor idle|busy|stream

The exit codes are those of peers.cpp: 10 goes on, 11 goes on and tells of the task that died,
12 breaks and says so, 13 goes on and has lost tasks, 14 hangs.
"""

import concurrent.futures
import multiprocessing
import os
import random
import signal
import sys
import time

WORKERS = 2
PATIENCE = 5.0
GOES_ON, TELLS, BREAKS, LOSES, HANGS = 10, 11, 12, 13, 14


def pid_after(seconds):
    time.sleep(seconds)
    return os.getpid()


def add_one(n):
    return n + 1


def end(code):
    for child in multiprocessing.active_children():
        child.kill()
    os._exit(code)


class Pool:
    def __init__(self):
        self.pool = multiprocessing.Pool(WORKERS)

    def pids(self):
        return [worker.pid for worker in self.pool._pool]

    def submit(self, function, argument):
        return self.pool.apply_async(function, (argument,))

    def outcome(self, task, until):
        try:
            task.get(max(0, until - time.monotonic()))
            return "value"
        except multiprocessing.TimeoutError:
            return "none"


class Executor:
    def __init__(self):
        self.pool = concurrent.futures.ProcessPoolExecutor(WORKERS)

    def pids(self):
        return list(self.pool._processes)

    def submit(self, function, argument):
        try:
            return self.pool.submit(function, argument)
        except concurrent.futures.process.BrokenProcessPool:
            return None

    def outcome(self, task, until):
        if task is None:
            return "broken"
        try:
            task.result(max(0, until - time.monotonic()))
            return "value"
        except concurrent.futures.TimeoutError:
            return "none"
        except concurrent.futures.process.BrokenProcessPool:
            return "broken"


def main():
    pool = Pool() if sys.argv[1] == "pool" else Executor()
    state = sys.argv[2]
    first = [pool.submit(pid_after, 0.05) for _ in range(2 * WORKERS)]
    for task in first:
        pool.outcome(task, time.monotonic() + PATIENCE)
    before = []
    if state == "busy":
        before = [pool.submit(pid_after, 0.2) for _ in range(4)]
        time.sleep(0.1)
    elif state == "stream":
        before = [pool.submit(add_one, n) for n in range(3000)]
        time.sleep(random.uniform(0.001, 0.1))
    os.kill(random.choice(pool.pids()), signal.SIGKILL)
    time.sleep(0.1)
    after = [pool.submit(add_one, n) for n in range(20)]
    until = time.monotonic() + PATIENCE
    later = [pool.outcome(task, until) for task in after]
    earlier = [pool.outcome(task, until) for task in before]
    if "broken" in later:
        end(BREAKS)
    if "none" in later:
        end(HANGS)
    end(LOSES if "none" in earlier else GOES_ON)


if __name__ == "__main__":
    main()
