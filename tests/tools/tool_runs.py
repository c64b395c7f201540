"""Runs the status tool, and programs that have pools, for the tests that are written in Python.

The tests are started with the folder of the build as their first argument.
"""

import os
import signal
import subprocess
import sys
import unittest

# Far above what anything takes: only what hangs meets it.
WATCHDOG_SECONDS = 60

build = ""


def main():
    """Runs the tests of the calling module."""
    global build
    build = os.path.abspath(sys.argv.pop(1))
    signal.alarm(4 * WATCHDOG_SECONDS)
    unittest.main()


def tool_path():
    return os.path.join(build, "tools/muster/muster")


def run_tool(*arguments):
    return subprocess.run(
        [tool_path(), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=WATCHDOG_SECONDS,
        check=False,
    )


class Program:
    """A program of tests/tools/programs that says "ready"; ends with the block."""

    def __init__(self, *words):
        self.words = words

    def __enter__(self):
        path = os.path.join(build, "tests/tools/programs", self.words[0])
        self.process = subprocess.Popen(
            [path, *self.words[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        if self.process.stdout.readline() != b"ready\n":
            raise RuntimeError("it did not say that it was ready")
        return self

    def __exit__(self, *unused):
        self.process.stdin.close()
        self.process.wait(timeout=WATCHDOG_SECONDS)
        self.process.stdout.close()

    @property
    def pid(self):
        return self.process.pid
