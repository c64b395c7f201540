"""One of Python's pools under the load of peer_load.cpp, while its workers are killed at random.

peers.py pool|executor mixed|tiny|single KILLS SEED

Prints one line of JSON: what became of it, as PeerEnd::from_json() reads it.
"""

import concurrent.futures
import json
import multiprocessing
import os
import random
import signal
import sys
import threading
import time

WORKERS = 2
CLIENTS = 3
PATIENCE = 1.0
LAST_PATIENCE = 3.0
STALLS = 2
LAST_TASKS = 20
VALUE, BROKE, NOT_YET = "value", "broke", "not yet"


def work(spin_ns, sleep_us):
    if sleep_us:
        time.sleep(sleep_us * 1e-6)
    until = time.monotonic_ns() + spin_ns
    while spin_ns and time.monotonic_ns() < until:
        pass


def choose_batch(load, chance):
    most = {"single": 1, "tiny": 400}.get(load) or (400 if chance.random() < 0.3 else 20)
    batch = [(0, 0)] * chance.randint(1, most)
    return batch if load != "mixed" else [choose_work(chance) for _ in batch]


def choose_work(chance):
    kind = chance.randrange(100)
    if kind < 2:
        return 0, chance.randrange(3000)
    if kind < 12:
        return chance.randrange(200_000), 0
    if kind < 40:
        return chance.randrange(20_000), 0
    return 0, 0


class Pool:
    def __init__(self):
        self.pool = multiprocessing.Pool(WORKERS)

    def pids(self):
        return [worker.pid for worker in list(self.pool._pool)]

    def submit(self, works):
        return [self.pool.apply_async(work, one) for one in works]

    def outcome(self, task, until):
        try:
            task.get(max(0, until - time.monotonic()))
            return VALUE
        except multiprocessing.TimeoutError:
            return NOT_YET


class Executor:
    def __init__(self):
        self.pool = concurrent.futures.ProcessPoolExecutor(WORKERS)

    def pids(self):
        return list(self.pool._processes or ())

    def submit(self, works):
        return [self.submit_one(one) for one in works]

    def submit_one(self, one):
        try:
            return self.pool.submit(work, *one)
        except concurrent.futures.process.BrokenProcessPool:
            return None

    def outcome(self, task, until):
        if task is None:
            return BROKE
        try:
            task.result(max(0, until - time.monotonic()))
            return VALUE
        except concurrent.futures.TimeoutError:
            return NOT_YET
        except concurrent.futures.process.BrokenProcessPool:
            return BROKE


class Trial:
    """What the client threads share."""

    def __init__(self, pool, load):
        self.pool = pool
        self.load = load
        self.lock = threading.Lock()
        self.over = False
        self.broke = False
        self.thrown = None
        self.tasks = 0
        self.late = []

    def run_client(self, chance):
        stalls = 0
        try:
            while not self.over and stalls < STALLS:
                came = self.run_batch(choose_batch(self.load, chance), PATIENCE)
                stalls = 0 if came else stalls + 1
                if chance.random() < 0.08:
                    time.sleep(chance.random() * 0.003)
        except Exception as error:  # whatever it is, it is the pool's answer
            self.thrown = self.thrown or f"{type(error).__name__}: {error}"
        self.over = True

    def run_batch(self, works, patience):
        """Whether anything came of it by then."""
        tasks = self.pool.submit(works)
        until = time.monotonic() + patience
        came = [self.pool.outcome(task, until) for task in tasks]
        with self.lock:
            self.tasks += len(works)
            self.late += [task for task, how in zip(tasks, came) if how == NOT_YET]
        if BROKE in came:
            self.broke = self.over = True
        return came.count(NOT_YET) < len(came)

    def conclude(self, kills):
        if self.thrown:
            return {"became": "threw", "kills": kills, "why": self.thrown}
        answers = True
        if not self.broke:
            before = len(self.late)
            self.run_batch([(0, 0)] * LAST_TASKS, LAST_PATIENCE)
            answers = len(self.late) == before
        until = time.monotonic() + (PATIENCE if answers else 0)
        lost = sum(self.pool.outcome(task, until) == NOT_YET for task in self.late)
        if self.broke:
            return {"became": "broke", "kills": kills}
        if not answers:
            return {"became": "hung", "kills": kills}
        return {"became": "lost tasks" if lost else "went on", "kills": kills, "lost": lost}


def kill_one(pool, chance):
    pids = pool.pids()
    if not pids:
        return False
    pid = chance.choice(pids)
    try:
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return False  # dead already, and not replaced yet
        os.kill(pid, signal.SIGKILL)
    except (ChildProcessError, ProcessLookupError):
        return False
    return True


def main():
    kind, load, kills, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    chance = random.Random(seed)
    pool = Pool() if kind == "pool" else Executor()
    trial = Trial(pool, load)
    trial.run_batch([(0, 0)] * 2 * WORKERS, LAST_PATIENCE)  # they are there
    clients = [
        threading.Thread(target=trial.run_client, args=(random.Random(chance.random()),))
        for _ in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    killed = 0
    while killed < kills and not trial.over:
        time.sleep(min(chance.expovariate(100), 0.05))
        killed += kill_one(pool, chance)
    trial.over = True
    for client in clients:
        client.join()
    end = {"tasks": 0, "told": 0, "lost": 0, "why": "", **trial.conclude(killed)}
    print(json.dumps({**end, "tasks": trial.tasks}), flush=True)
    for child in multiprocessing.active_children():
        child.kill()
    os._exit(0)


if __name__ == "__main__":
    main()
