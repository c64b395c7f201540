#!/usr/bin/env python3
"""Throughput of a process pool with the status tool attached in every mode, and without.

    bench/attached/attached.py [--minutes M] [--task-us U] [--browsers N] [--build build/release]
                               [--json FILE]

A steady load runs all the time. In turns of some seconds the tool is away or attached: `top` in a
terminal, `web` with three readers of what it streams of the pool, `metrics` scraped each second. The
first second of each turn is left out. With --browsers so many headless Chromiums have the pool's
page open, in place of the readers; they run all the time, with an empty page between. Printed are
the medians of tasks a second, what the tool's processes used of a processor and, apart, what those
used that look at it: browsers on a small machine compete with the pool, and --most is to be chosen
for that. Exit code 1: attached is slower than without by more than --most; or a reader or a page was
told of no tasks of the pool, so that nothing was measured.
"""

import argparse
import collections
import http.client
import json
import os
import pty
import queue
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/tools"))

from browser import Browser  # noqa: E402

EMPTY_PAGE = "about:blank"


def fail(sentence):
    raise SystemExit(f"attached.py: {sentence}")


class Load:
    def __init__(self, program, arguments):
        self.process = subprocess.Popen([program, *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.lines = queue.SimpleQueue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("")

    def second(self):
        line = self.lines.get()
        if not line:
            fail("the load ended before its time")
        return float(line)

    def forget(self):
        """The seconds that have gone by while something else was done."""
        while not self.lines.empty():
            self.second()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Reader(threading.Thread):
    """Reads the stream of a pool until it is closed; counts its bytes and messages, by event."""

    def __init__(self, port, pool):
        super().__init__(daemon=True)
        self.pool = pool
        path = f"/stream?pool={pool}"
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.connection.request("GET", path, headers={"Accept": "text/event-stream"})
        self.answer = self.connection.getresponse()
        if self.answer.status != 200:
            fail(f"{path} answers {self.answer.status}")
        self.bytes = 0
        self.events = collections.Counter()
        self.tasks = 0  # told of
        self.numbers = b"{}"
        self.start()

    def run(self):
        rest = b""
        try:
            while data := self.answer.read1(65536):
                self.bytes += len(data)
                *messages, rest = (rest + data).split(b"\n\n")
                for message in messages:
                    self.take(message)
        except (OSError, ValueError, http.client.HTTPException):
            pass  # closed by end()

    def take(self, message):
        event, _, data = message.partition(b"event: ")[2].partition(b"\ndata: ")
        self.events[event.decode()] += 1
        if event == b"pool":
            self.numbers = data
        elif event == b"events":
            # Not as JSON: what this takes of a processor the pool does not get.
            ends = data.partition(b'"end":[')[2].partition(b"]")[0]
            self.tasks += ends.count(b",") + 1 if ends else 0

    def check(self):
        """That it read of that pool, and until now."""
        seen = ", ".join(f"{event} {count}" for event, count in self.events.items()) or "nothing"
        if not self.is_alive():
            fail(f"the stream of pool {self.pool} was cut off, after {seen}")
        if json.loads(self.numbers).get("id") != self.pool or not self.tasks:
            fail(f"a reader of pool {self.pool} was told of none of its tasks; there came {seen}")

    def end(self):
        if self.connection.sock:
            self.connection.sock.close()


class Page:
    """A browser in which the page of the pool can be opened."""

    def __init__(self, chromedriver):
        self.browser = Browser(chromedriver)

    def open(self, port, pool):
        self.pool = pool
        self.browser.open(f"http://127.0.0.1:{port}/#{pool}")

    def check(self):
        """How many tasks it has been told of."""
        shown, tasks = self.browser.run("""
            return [location.hash.slice(1), Number(document.getElementById("stream").dataset.total || 0)]""")
        if shown != self.pool or not tasks:
            fail(f"a page of pool {self.pool} shows {shown}, and {tasks} tasks")
        complaints = self.browser.complaints()
        if complaints:
            fail(f"a page complains: {complaints}")
        return tasks

    def close(self):
        self.browser.open(EMPTY_PAGE)

    def processor_seconds(self):
        return processor_seconds_of_tree(self.browser.driver.process.pid)

    def end(self):
        self.browser.end()


def stat_of(pid):
    """What stands behind the command in /proc/PID/stat."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rsplit(")", 1)[1].split()


def processor_seconds_of_tree(root):
    """Of a process and its descendants, those included that have ended and were waited for."""
    parents, ticks = {}, {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = stat_of(name)
        except OSError:
            continue  # it has ended
        parents.setdefault(int(fields[1]), []).append(int(name))
        ticks[int(name)] = sum(map(int, fields[11:15]))
    total, left = 0, [root]
    while left:
        pid = left.pop()
        total += ticks.get(pid, 0)
        left += parents.get(pid, [])
    return total / os.sysconf("SC_CLK_TCK")


def pool_id(tool, name):
    listed = subprocess.run([tool, "ls", "--json"], stdout=subprocess.PIPE, check=True)
    found = [pool["id"] for pool in json.loads(listed.stdout)["pools"] if pool["name"] == name]
    if len(found) != 1:
        fail(f"\"muster ls\" lists {len(found)} pools called {name}")
    return found[0]


class Attached:
    """The tool, in every mode, and who looks at it."""

    def __init__(self, tool, pool, readers, pages):
        master, slave = pty.openpty()
        environment = dict(os.environ, TERM="xterm-256color", LINES="40", COLUMNS="120")
        self.master = master
        top = subprocess.Popen([tool, "top", pool], stdin=slave, stdout=slave, env=environment,
                               start_new_session=True)
        os.close(slave)
        self.drain = threading.Thread(target=self.read_terminal, daemon=True)
        self.drain.start()
        self.processes = {"top": top}
        self.pages = pages
        self.readers = []
        self.scraped = 0
        try:
            web_port = self.serve(tool, "web")
            self.metrics_port = self.serve(tool, "metrics")
            self.began = time.monotonic()
            self.lookers_before = self.lookers_seconds()
            for _ in range(readers):
                self.readers.append(Reader(web_port, pool))
            for page in pages:
                page.open(web_port, pool)
        except BaseException:
            self.end()
            raise

    def serve(self, tool, command):
        """Its port."""
        arguments = [tool, command, "--listen", "127.0.0.1:0"]
        # `metrics` says it on standard error, since its output is for metrics.
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   text=True)
        self.processes[command] = process
        line = process.stdout.readline()
        port = re.search(r":(\d+)", line)
        if not port:
            fail(f"{' '.join(arguments)} does not say where it serves: {line!r}")
        return int(port.group(1))

    def read_terminal(self):
        try:
            while os.read(self.master, 65536):
                pass
        except OSError:
            pass  # the other end is closed

    def scrape(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port)
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200 or not body.endswith(b"# EOF\n"):
            fail(f"/metrics answers {answer.status}, {len(body)} bytes")
        connection.close()
        self.scraped += 1

    def lookers_seconds(self):
        """Of the browsers, and of this script, which reads, scrapes and has the terminal."""
        return {"browsers": sum(page.processor_seconds() for page in self.pages),
                "script": time.process_time()}

    def processor(self):
        """Of one, by process: of the tool's, and of those that look at it."""
        ticks = os.sysconf("SC_CLK_TCK")
        wall = time.monotonic() - self.began
        tools = {name: sum(map(int, stat_of(process.pid)[11:13])) / ticks / wall
                 for name, process in self.processes.items()}
        lookers = {name: (seconds - self.lookers_before[name]) / wall
                   for name, seconds in self.lookers_seconds().items()}
        if not self.pages:
            del lookers["browsers"]
        return tools, lookers

    def result(self):
        tools, lookers = self.processor()
        for process in self.processes.values():
            if process.poll() is not None:
                fail(f"{process.args} ended with {process.returncode}")
        for reader in self.readers:
            reader.check()
        tasks = sum(page.check() for page in self.pages) + sum(reader.tasks for reader in self.readers)
        events = sum((reader.events for reader in self.readers), collections.Counter())
        return {"tools": tools, "lookers": lookers, "tasks": tasks, "events": events,
                "bytes": sum(reader.bytes for reader in self.readers), "scrapes": self.scraped}

    def end(self):
        for process in self.processes.values():
            process.terminate()
            process.wait()
        for reader in self.readers:
            reader.end()
        os.close(self.master)
        for page in self.pages:
            page.close()


def one_turn(turn, load, attached):
    """Tasks of each second, but for the first."""
    load.forget()
    seconds = []
    for _ in range(turn):
        seconds.append(load.second())
        if attached:
            attached.scrape()
    return seconds[1:]


def measure(options, load, attach):
    """Tasks a second, by mode; attached in relation to without, of each pair of turns; and what came
    of those attached."""
    rates = {"without": [], "attached": []}
    pairs, seen = [], []
    for _ in range(max(1, round(options.minutes * 60 / options.turn))):
        without = one_turn(options.turn, load, None)
        attached = attach()
        try:
            with_it = one_turn(options.turn, load, attached)
            seen.append(attached.result())
        finally:
            attached.end()
        rates["without"] += without
        rates["attached"] += with_it
        pairs.append(statistics.median(with_it) / statistics.median(without))
    return rates, pairs, seen


def medians_of(shares):
    return {name: statistics.median(each[name] for each in shares) for name in shares[0]}


def result_of(options, rates, pairs, seen):
    ratio = statistics.median(pairs)
    quartiles = statistics.quantiles(pairs, n=4) if len(pairs) > 1 else [ratio] * 3
    return {
        "task_us": options.task_us,
        "workers": options.workers,
        "browsers": options.browsers,
        "seconds_attached": len(pairs) * options.turn,
        "tasks_per_second": {mode: statistics.median(all_) for mode, all_ in rates.items()},
        "ratio": ratio,
        "ratio_quartiles": [quartiles[0], quartiles[2]],
        "processor": medians_of([each["tools"] for each in seen]),
        "processor_of_lookers": medians_of([each["lookers"] for each in seen]),
        "tasks_told_of": sum(each["tasks"] for each in seen),
        "events": dict(sum((each["events"] for each in seen), collections.Counter())),
        "streamed_bytes": sum(each["bytes"] for each in seen),
        "scrapes": sum(each["scrapes"] for each in seen),
    }


def shares_text(shares):
    return ", ".join(f"{name} {share:.1%}" for name, share in shares.items())


def print_result(result, pairs):
    rates, quartiles = result["tasks_per_second"], result["ratio_quartiles"]
    print(f"without {rates['without']:.0f} tasks/s, attached {rates['attached']:.0f}; "
          f"ratio {result['ratio']:.3f} [{quartiles[0]:.3f} .. {quartiles[1]:.3f}] of {pairs} pairs")
    print(f"processor: {shares_text(result['processor'])}; "
          f"of those who look: {shares_text(result['processor_of_lookers'])}")
    if result["browsers"]:
        told = f"{result['browsers']} browsers drew"
    else:
        counts = ", ".join(f"{event} {count}" for event, count in result["events"].items())
        told = f"readers got {result['streamed_bytes']} bytes ({counts}) of"
    print(f"{told} {result['tasks_told_of']} tasks; {result['scrapes']} scrapes")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--minutes", type=float, default=10, help="attached; as long without")
    parser.add_argument("--turn", type=int, default=15, help="seconds")
    parser.add_argument("--task-us", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--most", type=float, default=0.05)
    parser.add_argument("--readers", type=int, default=3, help="of the stream, without --browsers")
    parser.add_argument("--browsers", type=int, default=0, help="with the page, in their place")
    parser.add_argument("--chromedriver", default=shutil.which("chromedriver"))
    parser.add_argument("--json")
    options = parser.parse_args()
    if options.turn < 2:
        parser.error("a turn has at least 2 seconds: the first is left out")
    if options.browsers and not options.chromedriver:
        parser.error("--browsers wants chromedriver (package chromium-driver)")
    tool = os.path.join(options.build, "tools/muster/muster")
    name = f"attached-{os.getpid()}"
    load = Load(os.path.join(options.build, "bench/muster-load"),
                ["--name", name, "--task-us", str(options.task_us), "--seconds", "1000000",
                 "--workers", str(options.workers)])
    pages = []
    try:
        load.second()
        pool = pool_id(tool, name)
        for _ in range(options.browsers):
            pages.append(Page(options.chromedriver))
        readers = 0 if pages else options.readers
        rates, pairs, seen = measure(options, load, lambda: Attached(tool, pool, readers, pages))
    finally:
        try:
            for page in pages:
                page.end()
        finally:
            load.end()
    result = result_of(options, rates, pairs, seen)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2)
            file.write("\n")
    print_result(result, len(pairs))
    return 1 if result["ratio"] < 1 - options.most else 0


if __name__ == "__main__":
    sys.exit(main())
