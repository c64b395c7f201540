#!/usr/bin/env python3
"""Throughput of a process pool with the status tool attached in every mode, and without.

    bench/attached/attached.py [--minutes M] [--task-us U] [--build build/release] [--json FILE]

A steady load runs all the time. In turns of some seconds the tool is away or attached: `top` in a
terminal, `web` with three readers of its stream, `metrics` scraped each second. The first second of
each turn is left out. Printed are the medians of tasks a second and what the tool's processes used
of a processor. Exit code 1: attached is slower than without by more than --most.
"""

import argparse
import http.client
import json
import os
import pty
import re
import statistics
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True


class Load:
    def __init__(self, program, arguments):
        self.process = subprocess.Popen([program, *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def second(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("attached.py: the load ended before its time")
        return float(line)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Reader(threading.Thread):
    """Reads a stream until it is closed; counts its bytes."""

    def __init__(self, port, path):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.connection.request("GET", path, headers={"Accept": "text/event-stream"})
        self.answer = self.connection.getresponse()
        if self.answer.status != 200:
            raise SystemExit(f"attached.py: {path} answers {self.answer.status}")
        self.bytes = 0
        self.start()

    def run(self):
        try:
            while data := self.answer.read1(65536):
                self.bytes += len(data)
        except (OSError, ValueError, http.client.HTTPException):
            pass  # closed by end()

    def end(self):
        self.connection.sock.close() if self.connection.sock else None


def serving(arguments):
    # `metrics` says it on standard error, since its output is for metrics.
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True)
    line = process.stdout.readline()
    port = re.search(r":(\d+)", line)
    if not port:
        raise SystemExit(f"attached.py: {' '.join(arguments)} does not say where it serves: {line!r}")
    return process, int(port.group(1))


class Attached:
    """The tool, in every mode."""

    def __init__(self, tool, pool, stream):
        master, slave = pty.openpty()
        environment = dict(os.environ, TERM="xterm-256color", LINES="40", COLUMNS="120")
        self.master = master
        top = subprocess.Popen([tool, "top", pool], stdin=slave, stdout=slave, env=environment,
                               start_new_session=True)
        os.close(slave)
        self.drain = threading.Thread(target=self.read_terminal, daemon=True)
        self.drain.start()
        web, web_port = serving([tool, "web", "--listen", "127.0.0.1:0"])
        metrics, self.metrics_port = serving([tool, "metrics", "--listen", "127.0.0.1:0"])
        self.processes = {"top": top, "web": web, "metrics": metrics}
        self.readers = [Reader(web_port, stream) for _ in range(3)]
        self.began = time.monotonic()
        self.scraped = 0

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
            raise SystemExit(f"attached.py: /metrics answers {answer.status}, {len(body)} bytes")
        connection.close()
        self.scraped += 1

    def processor(self):
        """Of one, by process."""
        ticks = os.sysconf("SC_CLK_TCK")
        used = {}
        for name, process in self.processes.items():
            with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            used[name] = (int(fields[11]) + int(fields[12])) / ticks
        wall = time.monotonic() - self.began
        return {name: seconds / wall for name, seconds in used.items()}

    def end(self):
        used = self.processor()
        streamed = sum(reader.bytes for reader in self.readers)
        for process in self.processes.values():
            if process.poll() is not None:
                raise SystemExit(f"attached.py: {process.args} ended with {process.returncode}")
            process.terminate()
            process.wait()
        for reader in self.readers:
            reader.end()
        os.close(self.master)
        return used, streamed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--minutes", type=float, default=10, help="attached; as long without")
    parser.add_argument("--turn", type=int, default=15, help="seconds")
    parser.add_argument("--task-us", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--most", type=float, default=0.05)
    parser.add_argument("--stream", default="/stream")
    parser.add_argument("--json")
    options = parser.parse_args()
    tool = os.path.join(options.build, "tools/muster/muster")
    turns = max(1, round(options.minutes * 60 / options.turn))
    pool = f"attached-{os.getpid()}"
    load = Load(os.path.join(options.build, "bench/muster-load"),
                ["--name", pool, "--task-us", str(options.task_us), "--seconds", "1000000",
                 "--workers", str(options.workers)])
    rates = {"without": [], "attached": []}
    pairs, used, streamed, scraped = [], {}, 0, 0
    try:
        load.second()
        for _ in range(turns):
            medians = []
            for mode in rates:
                attached = Attached(tool, pool, options.stream) if mode == "attached" else None
                seconds = []
                for i in range(options.turn):
                    rate = load.second()
                    if i != 0:
                        seconds.append(rate)
                    if attached:
                        attached.scrape()
                if attached:
                    scraped += attached.scraped
                    each, bytes_read = attached.end()
                    streamed += bytes_read
                    for name, share in each.items():
                        used.setdefault(name, []).append(share)
                rates[mode] += seconds
                medians.append(statistics.median(seconds))
            pairs.append(medians[1] / medians[0])
    finally:
        load.end()
    ratio = statistics.median(pairs)
    quartiles = statistics.quantiles(pairs, n=4) if len(pairs) > 1 else [ratio] * 3
    result = {
        "task_us": options.task_us,
        "workers": options.workers,
        "seconds_attached": turns * options.turn,
        "tasks_per_second": {mode: statistics.median(all_) for mode, all_ in rates.items()},
        "ratio": ratio,
        "ratio_quartiles": [quartiles[0], quartiles[2]],
        "processor": {name: statistics.median(shares) for name, shares in used.items()},
        "streamed_bytes": streamed,
        "scrapes": scraped,
    }
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2)
            file.write("\n")
    print(f"without {result['tasks_per_second']['without']:.0f} tasks/s, "
          f"attached {result['tasks_per_second']['attached']:.0f}; "
          f"ratio {ratio:.3f} [{quartiles[0]:.3f} .. {quartiles[2]:.3f}] of {len(pairs)} pairs; "
          f"processor: " + ", ".join(f"{n} {s:.1%}" for n, s in result["processor"].items()) +
          f"; {streamed} bytes streamed, {scraped} scrapes")
    return 1 if ratio < 1 - options.most else 0


if __name__ == "__main__":
    sys.exit(main())
