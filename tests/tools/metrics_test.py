"""muster metrics: what promtool says of it, and the server."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

import tool_runs
from tool_runs import Program, run_tool

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/TOOL.md")
HOSTILE = "</script>\x1b[31m\n\"\\"


def promtool(test, text):
    """Nothing where it has nothing to find."""
    path = shutil.which("promtool")
    if path is None:
        test.skipTest("promtool (package prometheus) is not installed")
    end = subprocess.run(
        [path, "check", "metrics"],
        input=text,
        capture_output=True,
        timeout=tool_runs.WATCHDOG_SECONDS,
        check=False,
    )
    test.assertEqual((end.returncode, end.stdout, end.stderr), (0, b"", b""))


def open_metrics(test, text):
    """Reads it with the parser of Prometheus, into which samples go with their times alone."""
    timed = re.sub(rb"^(?!#).+$", rb"\g<0> 1700000000", text, flags=re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "metrics")
        with open(path, "wb") as file:
            file.write(timed)
        end = subprocess.run(
            ["promtool", "tsdb", "create-blocks-from", "openmetrics", path, folder + "/blocks"],
            capture_output=True,
            timeout=tool_runs.WATCHDOG_SECONDS,
            check=False,
        )
    test.assertEqual(end.returncode, 0, end.stderr)


def value(text, sample):
    """Of the one sample whose line begins so."""
    found = [line for line in text.decode().splitlines() if line.startswith(sample)]
    assert len(found) == 1, (sample, found)
    return float(found[0].rsplit(" ", 1)[1])


class Metrics(unittest.TestCase):
    def test_are_what_promtool_takes(self):
        with Program("workshop", HOSTILE) as program:
            one = run_tool("metrics", str(program.pid))
            self.assertEqual(one.returncode, 0, one.stderr)
            every = run_tool("metrics")
            strict = run_tool("metrics", str(program.pid), "--openmetrics")
            self.assertEqual(every.returncode, 0, every.stderr)
        self.assertTrue(one.stdout.endswith(b"\n# EOF\n"))
        self.assertNotIn(b"\x1b", one.stdout)
        promtool(self, one.stdout)
        promtool(self, every.stdout)
        open_metrics(self, one.stdout)
        open_metrics(self, strict.stdout)

    def test_count_what_happened(self):
        with Program("workshop", "metrics-count") as program:
            text = run_tool("metrics", str(program.pid)).stdout
            document = json.loads(run_tool("metrics", str(program.pid), "--json").stdout)
            strict = run_tool("metrics", str(program.pid), "--openmetrics").stdout
        self.assertEqual(value(text, "muster_tasks_submitted_total{"), 31)
        self.assertEqual(value(text, "muster_tasks_finished_total{"), 20)
        self.assertEqual(value(text, "muster_tasks_failed_total{"), 4)
        self.assertEqual(value(text, "muster_tasks_queued{"), 4)
        self.assertEqual(value(text, "muster_tasks_running{"), 3)
        self.assertEqual(value(text, "muster_worker_deaths_total{"), 1)
        runs = value(text, "muster_task_run_seconds_count{")
        last = [l for l in text.decode().splitlines() if 'le="+Inf"' in l and "task_run" in l]
        self.assertEqual(float(last[0].rsplit(" ", 1)[1]), runs)
        # Nothing that grows with the number of processes and tasks.
        self.assertNotIn(b"pid=", text)
        self.assertNotIn(str(program.pid).encode() + b'"', text)
        self.assertEqual(document["schema"], 1)
        self.assertIn("muster_tasks_queued", {m["name"] for m in document["metrics"]})
        self.assertIn(b"# TYPE muster_tasks_submitted counter\n", strict)
        self.assertIn(b"\nmuster_tasks_submitted_total{", strict)

    def test_are_those_of_the_table_in_the_document(self):
        with Program("workshop", "metrics-table") as program:
            printed = run_tool("metrics", str(program.pid), "--openmetrics").stdout.decode()
        told = {}
        for kind, name, words in re.findall(r"^# (TYPE|UNIT|HELP) (\S+) (.*)$", printed, re.MULTILINE):
            told.setdefault(name, {})[kind] = words
        rows = []
        for name, words in told.items():
            whole = name + ("_total" if words["TYPE"] == "counter" else "")
            rows.append((whole, words["TYPE"], words.get("UNIT", ""), words["HELP"]))
        with open(PAGE, encoding="utf-8") as file:
            table = re.findall(r"^\| `(muster_\w+)` \| (\w+) \| (\w*) ?\| (.*) \|$", file.read(),
                               re.MULTILINE)
        self.assertEqual(table, rows)

    def test_name_no_pool_that_is_not_there(self):
        self.assertEqual(run_tool("metrics", "no such pool").returncode, 3)


class Server(unittest.TestCase):
    def start(self, *arguments):
        self.tool = subprocess.Popen(
            [tool_runs.tool_path(), "metrics", *arguments],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(self.stop)
        self.said = self.tool.stderr.readline().decode()
        self.url = [word for word in self.said.split() if word.startswith("http:")][0].rstrip(",")
        self.port = int(self.url.removesuffix("/metrics").rpartition(":")[2])

    def stop(self):
        if self.tool.stderr.closed:
            return
        if self.tool.poll() is None:
            self.tool.send_signal(signal.SIGTERM)
        self.assertEqual(self.tool.wait(timeout=tool_runs.WATCHDOG_SECONDS), 0)
        self.tool.stderr.close()

    def get(self, url, method="GET", **headers):
        request = urllib.request.Request(url, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=tool_runs.WATCHDOG_SECONDS) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["Content-Type"], error.read()

    def test_serves_pools_that_come_and_go(self):
        self.start("metrics-served", "--listen", "127.0.0.1:0")
        self.assertIn('pool "metrics-served"', self.said)
        status, kind, text = self.get(self.url)
        self.assertEqual(status, 200)
        self.assertEqual(value(text, "muster_pools "), 0)
        with Program("workshop", "metrics-served"):
            status, kind, text = self.get(self.url)
            self.assertEqual(kind, "text/plain; version=0.0.4; charset=utf-8")
            self.assertEqual(value(text, "muster_pools "), 1)
            promtool(self, text)
            _, kind, text = self.get(self.url, Accept="application/openmetrics-text")
            self.assertEqual(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8")
            self.assertIn(b"# TYPE muster_tasks_submitted counter\n", text)
        self.assertEqual(value(self.get(self.url)[2], "muster_pools "), 0)

    def test_answers_nobody_who_calls_it_otherwise(self):
        self.start("--listen", "localhost:0")
        port = self.port
        for host in ("example.org", f"example.org:{port}", "localhost", f"127.0.0.1.nip.io:{port}"):
            self.assertEqual(self.get(self.url, Host=host)[0], 403, host)
        self.assertEqual(self.get(self.url, Host=f"localhost:{port}")[0], 200)
        self.assertEqual(self.get(self.url, Origin="http://example.org")[0], 403)
        self.assertEqual(self.get(self.url, **{"Sec-Fetch-Site": "cross-site"})[0], 403)
        self.assertEqual(self.get(self.url, method="POST")[0], 405)
        self.assertEqual(self.get(self.url, method="DELETE")[0], 405)
        self.assertEqual(self.get(self.url + "/none")[0], 404)
        self.assertEqual(self.get(self.url)[0], 200)

    def test_asks_for_no_token_but_one_that_was_given(self):
        self.start("--listen", "0.0.0.0:0")
        here = self.url.replace("0.0.0.0", "127.0.0.1")
        self.assertIn("other machines can read", self.tool.stderr.readline().decode())
        self.assertEqual(self.get(here)[0], 200)
        self.assertEqual(self.get(here, Host=here[7:-8].replace("127.0.0.1", "a.example"))[0], 403)
        self.stop()
        self.start("--listen", "127.0.0.1:0", "--token", "correct-horse")
        self.assertEqual(self.get(self.url)[0], 401)
        self.assertEqual(self.get(self.url, Authorization="Bearer wrong-horses")[0], 401)
        self.assertEqual(self.get(self.url, Authorization="Bearer correct-horse")[0], 200)
        self.assertEqual(self.get(self.url, Cookie=f"muster-{self.port}=correct-horse")[0], 200)

    def test_half_a_request_holds_up_nobody(self):
        self.start("--listen", "127.0.0.1:0")
        held = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(100)]
        try:
            for raw in held:
                raw.sendall(b"GET /metrics HTTP/1.1\r\nHost: ")
            self.assertEqual(self.get(self.url)[0], 200)
        finally:
            for raw in held:
                raw.close()

    def test_takes_no_address_that_is_none(self):
        for text in ("host:1", "::1:80", "", "65536", "127.0.0.1"):
            end = run_tool("metrics", "--listen", text)
            self.assertEqual(end.returncode, 2, text)
        self.assertEqual(run_tool("metrics", "--listen", "0", "--token", "short").returncode, 2)

    def test_says_that_an_address_is_taken(self):
        self.start("--listen", "127.0.0.1:0")
        address = self.url.removeprefix("http://").removesuffix("/metrics")
        end = run_tool("metrics", "--listen", address)
        self.assertEqual(end.returncode, 6)
        self.assertIn(f"cannot listen on {address}: Address already in use", end.stderr.decode())


if __name__ == "__main__":
    tool_runs.main()
