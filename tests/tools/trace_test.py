"""muster trace: what it writes is what Perfetto and chrome://tracing read."""

import json
import os
import signal
import subprocess
import tempfile
import unittest

import tool_runs
import trace_check
from tool_runs import Program, run_tool

HOSTILE = "</script>\x1b[31m\n\"\\"


class Trace(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.path = os.path.join(folder.name, "trace.json")

    def read(self):
        with open(self.path, encoding="utf-8") as file:
            document = json.load(file)
        trace_check.check(document)
        self.assertEqual(os.listdir(self.folder), ["trace.json"])
        return document

    def test_has_what_is_in_memory(self):
        with Program("workshop", HOSTILE) as program:
            end = run_tool("trace", str(program.pid), "-o", self.path)
            self.assertEqual(end.returncode, 0, end.stderr)
        document = self.read()
        events = document["traceEvents"]
        tasks = [e for e in events if e["ph"] == "X" and e["cat"] == "task"]
        outcomes = {}
        for task in tasks:
            outcomes.setdefault(task["name"], set()).add(task["args"]["outcome"])
        self.assertEqual(
            outcomes,
            {
                "resize": {"finished"},
                "load": {"failed"},
                "parse": {"died"},
                "encode": {"running"},
            },
        )
        self.assertEqual(len(tasks), 20 + 3 + 1 + 3)
        marks = [e for e in events if e["ph"] == "i"]
        self.assertEqual([mark["name"] for mark in marks], ["worker died"])
        self.assertIn("SIGSEGV", marks[0]["args"]["text"])
        self.assertEqual(sum(e["ph"] == "f" for e in events), len(tasks))
        depths = [e["args"] for e in events if e["ph"] == "C"]
        self.assertEqual(depths, [{"queued": 4, "running": 3}])
        names = {e["args"]["name"] for e in events if e["ph"] == "M" and "name" in e["args"]}
        self.assertIn("pool " + HOSTILE, names)
        self.assertIn("worker 2", names)

    def test_has_the_last_moments_alone(self):
        with Program("workshop", "trace-last") as program:
            end = run_tool("trace", str(program.pid), "-o", self.path, "--last", "1us")
            self.assertEqual(end.returncode, 0, end.stderr)
        tasks = [e for e in self.read()["traceEvents"] if e["ph"] == "X" and e["cat"] == "task"]
        self.assertEqual({task["name"] for task in tasks}, {"encode"})

    def test_has_submissions_of_what_waits(self):
        with Program("workshop", "trace-waits") as program:
            end = run_tool("trace", str(program.pid), "-o", self.path, "--last", "1us")
            self.assertEqual(end.returncode, 0, end.stderr)
        submits = [e for e in self.read()["traceEvents"] if e["ph"] == "X" and e["cat"] == "submit"]
        names = sorted(submit["name"] for submit in submits)
        self.assertEqual(names, ["encode"] * 3 + ["resize"] * 4)

    def test_goes_to_standard_output(self):
        with Program("workshop", "trace-output") as program:
            for more in ([], ["--json"]):
                end = subprocess.run(
                    [tool_runs.tool_path(), "trace", str(program.pid), "-o", "-", *more],
                    capture_output=True,
                    timeout=tool_runs.WATCHDOG_SECONDS,
                    cwd=self.folder,
                    check=True,
                )
                trace_check.check(json.loads(end.stdout))
                if more:
                    self.assertEqual(json.loads(end.stderr)["tasks"], 27)
                else:
                    self.assertIn(b"standard output: 27 tasks and 1 mark in ", end.stderr)
        self.assertEqual(os.listdir(self.folder), [])

    def test_records_until_it_is_interrupted(self):
        with Program("workshop", "trace-record") as program:
            tool = subprocess.Popen(
                [tool_runs.tool_path(), "trace", str(program.pid), "-o", self.path]
                + ["--duration", "1h", "--json"],
                stdout=subprocess.PIPE,
            )
            # From when it waits for signals, which it must before it can be sent one.
            while not blocks(tool.pid, signal.SIGINT):
                pass
            tool.send_signal(signal.SIGINT)
            out, _ = tool.communicate(timeout=tool_runs.WATCHDOG_SECONDS)
            self.assertEqual(tool.returncode, 0)
        summary = json.loads(out)
        self.assertEqual(summary["schema"], 1)
        self.assertEqual(summary["tasks"], 3)
        self.read()

    def test_says_that_the_pool_has_ended_meanwhile(self):
        for more in ([], ["--json"]):
            with Program("workshop", "trace-ended") as program:
                tool = subprocess.Popen(
                    [tool_runs.tool_path(), "trace", str(program.pid), "-o", self.path]
                    + ["--duration", "1h", *more],
                    stdout=subprocess.PIPE,
                )
                # By then it has opened the pool.
                while not blocks(tool.pid, signal.SIGINT):
                    pass
            out, _ = tool.communicate(timeout=tool_runs.WATCHDOG_SECONDS)
            self.assertEqual(tool.returncode, 0)
            if more:
                self.assertIs(json.loads(out)["ended"], True)
            else:
                self.assertIn(b"the pool has ended\n", out)
            self.read()

    def test_has_what_ran_when_the_pool_was_killed(self):
        with Program("workshop", "trace-killed") as program:
            tool = subprocess.Popen(
                [tool_runs.tool_path(), "trace", str(program.pid), "-o", self.path]
                + ["--duration", "1h", "--json"],
                stdout=subprocess.PIPE,
            )
            while not blocks(tool.pid, signal.SIGINT):
                pass
            program.process.kill()
            out, _ = tool.communicate(timeout=tool_runs.WATCHDOG_SECONDS)
            self.assertEqual(tool.returncode, 0)
        summary = json.loads(out)
        self.assertIs(summary["ended"], True)
        self.assertEqual(summary["tasks"], 3)
        self.assertGreater(summary["seconds"], 0)
        self.read()

    def test_says_in_its_document_that_the_pool_goes_on(self):
        with Program("workshop", "trace-goes-on") as program:
            end = run_tool("trace", str(program.pid), "-o", self.path, "--json")
        summary = json.loads(end.stdout)
        self.assertIs(summary["ended"], False)
        self.assertEqual((summary["worker_events"], summary["client_events"]), (4096, 16384))
        self.assertIsNone(summary["no_events_because"])

    def test_records_for_a_time(self):
        with Program("workshop", "trace-time") as program:
            end = run_tool("trace", str(program.pid), "-o", self.path, "--duration", "50ms")
            self.assertEqual(end.returncode, 0, end.stderr)
        events = self.read()["traceEvents"]
        self.assertGreaterEqual(sum(e["ph"] == "C" for e in events), 1)

    def test_replaces_the_file_or_leaves_it(self):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("before")
        self.assertEqual(run_tool("trace", "no such pool", "-o", self.path).returncode, 3)
        with open(self.path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "before")
        with Program("workshop", "trace-replace") as program:
            nowhere = os.path.join(self.folder, "no/such/folder")
            end = run_tool("trace", str(program.pid), "-o", nowhere)
            self.assertEqual(end.returncode, 6)
            self.assertIn(b"cannot write", end.stderr)
            end = run_tool("trace", str(program.pid), "-o", self.path)
            self.assertEqual(end.returncode, 0, end.stderr)
        self.read()


def blocks(pid, number):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            if line.startswith("SigBlk:"):
                return int(line.split()[1], 16) >> (number - 1) & 1
    return False


if __name__ == "__main__":
    tool_runs.main()
