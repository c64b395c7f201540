"""muster top, in a terminal: what it shows, what its keys do, and how it leaves the terminal.

    top_test.py FOLDER [TEST ...]    FOLDER: where Muster was built
"""

import itertools
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
import unittest

from terminal import PATIENCE, Terminal

BUILT = ""
COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-9]|4[0-9]|9[0-7]|10[0-7])[0-9;]*m")
TO_OTHER_SCREEN = b"\x1b[?1049h"
BACK_FROM_IT = b"\x1b[?1049l"


def tool():
    return f"{BUILT}/tools/muster/muster"


def worker_of(client):
    """The process of its first worker."""
    shown = subprocess.run([tool(), "show", client.name, "--json"], capture_output=True, check=True)
    return json.loads(shown.stdout)["pool"]["workers"][0]["pid"]


def wait_asleep(pid):
    """Until it sleeps in the kernel."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            if file.read().rpartition(")")[2].split()[0] == "S":
                return
    raise AssertionError(f"{pid} does not sleep")


class Client:
    """A program with a pool: see programs/top_client.cpp."""

    numbers = itertools.count()

    def __init__(self, name, workers=1, breaks=False):
        # Other pools of this user may live meanwhile.
        self.name = f"{name}-{os.getpid()}-{next(Client.numbers)}"
        self.process = subprocess.Popen(
            [f"{BUILT}/tests/tools/programs/top_client", self.name, str(workers)]
            + (["break"] if breaks else []),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._answer()

    def _answer(self):
        assert self.process.stdout.readline() == "done\n"

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self._answer()

    def end(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class TopTest(unittest.TestCase):
    def client(self, *arguments, **options):
        client = Client(*arguments, **options)
        self.addCleanup(client.close)
        return client

    def top(self, *arguments, rows=24, columns=120, environment=None):
        # Looks come fast, so that little is waited for.
        command = [tool(), "top", "--interval", "50ms", *arguments]
        terminal = Terminal(command, rows, columns, environment)
        self.addCleanup(terminal.close)
        return terminal

    def run_plain(self, *arguments, **environment):
        return subprocess.run(
            [tool(), "top", *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env={**os.environ, "LC_ALL": "C.UTF-8", **environment},
        )

    def assert_left_in_order(self, terminal):
        self.assertEqual(terminal.modes(), terminal.modes_before)
        self.assertIn(TO_OTHER_SCREEN, terminal.written)
        self.assertGreater(
            terminal.written.rfind(BACK_FROM_IT), terminal.written.rfind(TO_OTHER_SCREEN)
        )
        # The cursor is seen again.
        self.assertGreater(
            max(terminal.written.rfind(b"\x1b[?25h"), terminal.written.rfind(b"\x1b[34h")),
            terminal.written.rfind(b"\x1b[?25l"),
        )


class Lists(TopTest):
    def test_pools_and_opens_one(self):
        client = self.client("listed", workers=2)
        terminal = self.top()
        terminal.wait_for("NAME", "QUEUED", "DONE/S")
        terminal.press("/" + client.name)
        terminal.wait_for("filter: " + client.name)
        terminal.press("\r")
        # Not by its name, which is cut where other pools' columns are wide.
        terminal.wait_for(str(client.process.pid), " ok ", "2/2")
        terminal.press("\r")
        terminal.wait_for(client.name, "supervisor")
        terminal.wait_for("workers 2/2")
        terminal.wait_for("WORKER", "PID", "STATE", "TASK", "RUN TIME")
        terminal.press("p")
        terminal.wait_for("NAME", "QUEUED")
        terminal.press("q")
        self.assertEqual(terminal.wait(), 0)

    def test_pool_that_has_ended_is_said_and_left(self):
        client = self.client("ending")
        terminal = self.top(client.name)
        terminal.wait_for("workers 1/1")
        client.end()
        terminal.wait_for("The pool has ended")
        # What was seen last is there still.
        terminal.wait_for(client.name, "supervisor")
        terminal.press("K")
        terminal.wait_for("ended, and its workers with it")
        terminal.press("p")
        terminal.wait_for("NAME", "QUEUED")
        terminal.press("q")
        self.assertEqual(terminal.wait(), 0)


class ShowsWorkers(TopTest):
    def test_with_task_and_progress(self):
        client = self.client("working", workers=2)
        client.tell("hold resize")
        terminal = self.top(client.name)
        terminal.wait_for("resize", "running", "██▍░░░░░  30%")
        terminal.wait_for("running 1")
        # From the second look on.
        terminal.wait_until(lambda: re.search(r"done/s \d", terminal.text()), "there is a rate")

    def test_sorted_as_keys_say(self):
        client = self.client("sorted", workers=3)
        for name in ("bravo", "charlie", "alpha"):
            client.tell("hold " + name)
        terminal = self.top(client.name)
        terminal.wait_for("alpha")

        def shown():
            found = (re.search(r"alpha|bravo|charlie", line) for line in terminal.lines())
            return [match.group() for match in found if match]

        terminal.press(">>>")
        terminal.wait_for("TASK▲")
        terminal.wait_until(lambda: shown() == ["alpha", "bravo", "charlie"], "it is sorted")
        terminal.press("r")
        terminal.wait_for("TASK▼")
        terminal.wait_until(lambda: shown() == ["charlie", "bravo", "alpha"], "it is reversed")
        terminal.press("<")
        terminal.wait_for("STATE▲")

    def test_sorted_as_the_command_line_says(self):
        client = self.client("sorted-by", workers=2)
        terminal = self.top(client.name, "--sort", "run-time")
        terminal.wait_for("RUN TIME▼")

    def test_filtered(self):
        client = self.client("filtered", workers=2)
        client.tell("hold bravo")
        client.tell("hold alpha")
        terminal = self.top(client.name)
        terminal.wait_for("bravo")
        terminal.press("/ALPx\x7f")
        terminal.wait_gone("bravo")
        terminal.wait_for("alpha")
        terminal.press("\r")
        terminal.wait_for('with "alp", of 2')
        terminal.press("/\x1b")
        terminal.wait_for("bravo")

    def test_frozen(self):
        client = self.client("frozen", workers=2)
        client.tell("hold early")
        terminal = self.top(client.name)
        terminal.wait_for("early")
        terminal.press("f")
        terminal.wait_for("FROZEN")
        client.tell("hold late")
        # It still does what keys say, with what it has.
        terminal.press("r")
        terminal.wait_for("WORKER▼")
        self.assertFalse(terminal.line_with("late"))
        terminal.press(" ")
        terminal.wait_for("late")
        terminal.wait_gone("FROZEN")

    def test_scrolled_where_there_are_more_than_rows(self):
        client = self.client("many", workers=40)
        terminal = self.top(client.name, rows=16)
        terminal.wait_for("1 of 40")
        terminal.press("\x1b[6~")
        terminal.wait_for("11 of 40")
        terminal.press("G")
        terminal.wait_for("40 of 40")
        terminal.wait_until(lambda: re.search(r"^ +39 ", terminal.text(), re.M), "the last one")
        terminal.press("\x1b[F\x1b[H")
        terminal.wait_gone("40 of 40")
        terminal.wait_for("1 of 40")
        terminal.wait_until(lambda: re.search(r"^ +0 ", terminal.text(), re.M), "the first one")

    def test_each_by_itself_with_its_last_tasks(self):
        client = self.client("opened")
        client.tell("short first")
        client.tell("fail second")
        client.tell("hold third")
        terminal = self.top(client.name)
        terminal.wait_for("third")
        terminal.press("\r")
        terminal.wait_for("worker 0", client.name)
        terminal.wait_for("third", "attempt 1")
        terminal.wait_for("30.0% (3 of 10)")
        terminal.wait_for("finished", "first")
        terminal.wait_for("failed", "second")
        client.tell("release")
        terminal.wait_for("finished", "third")
        terminal.press("p")
        terminal.wait_for("WORKER", "STATE")
        # What was seen once is still known.
        terminal.press("\r")
        terminal.wait_for("failed", "second")

    def test_where_one_is(self):
        client = self.client("stack")
        client.tell("hold waits")
        # The task says that it has begun, and then waits: asked in between, it is elsewhere.
        wait_asleep(worker_of(client))
        terminal = self.top(client.name)
        terminal.wait_for("waits")
        terminal.press("d")
        terminal.wait_for("Stack of worker 0")
        terminal.wait_for("futex_wait_shared")
        terminal.press("p")
        terminal.wait_for("WORKER", "STATE")
        terminal.wait_for("waits")

    def test_without_what_a_terminal_would_act_on(self):
        client = self.client("hostile")
        client.tell("hold evil\x1b[2J\x9b31m\u202e写真")
        terminal = self.top(client.name)
        terminal.wait_for("evil?[2J??31m?写真")
        self.assertNotIn(b"evil\x1b", terminal.written)


class Kills(TopTest):
    def ask(self, terminal, pid):
        terminal.wait_for(str(pid), "held")
        terminal.press("K")
        terminal.wait_for("Kill worker 0", f"(pid {pid})", '"held"')
        terminal.wait_for("(y/N)")

    def test_nobody_where_the_answer_is_not_yes(self):
        client = self.client("spared")
        client.tell("hold held")
        pid = worker_of(client)
        terminal = self.top(client.name)
        for answer in ("n", "\r", "\x1b", "x"):
            self.ask(terminal, pid)
            terminal.press(answer)
            terminal.wait_for("Nothing was killed")
            terminal.press("k")
            terminal.wait_gone("Nothing was killed")
        self.assertEqual(worker_of(client), pid)
        terminal.wait_for("deaths 0")

    def test_the_worker_and_says_who_replaces_it(self):
        client = self.client("killed")
        client.tell("hold held")
        pid = worker_of(client)
        terminal = self.top(client.name)
        self.ask(terminal, pid)
        terminal.wait_for("The pool replaces it")
        terminal.press("y")
        terminal.wait_for("has taken its place")
        new = worker_of(client)
        self.assertNotEqual(new, pid)
        terminal.wait_for(f"pid {new} has taken its place")
        terminal.wait_for("deaths 1")
        self.assertFalse(os.path.exists(f"/proc/{pid}"))

    def test_and_says_that_the_pool_breaks_by_it(self):
        client = self.client("broken", breaks=True)
        client.tell("hold held")
        pid = worker_of(client)
        terminal = self.top(client.name)
        self.ask(terminal, pid)
        terminal.wait_for("That breaks the pool")
        terminal.press("y")
        terminal.wait_for("the pool is broken")
        terminal.wait_for(client.name, "broken")

    def test_nobody_where_the_task_has_ended_meanwhile(self):
        client = self.client("over")
        client.tell("hold held")
        pid = worker_of(client)
        terminal = self.top(client.name)
        # From a second on it is the task that is meant.
        terminal.wait_until(
            lambda: re.search(r"held +\d+ +\d+\.\d s", terminal.text()), "it runs for a second"
        )
        self.ask(terminal, pid)
        client.tell("release")
        terminal.press("y")
        terminal.wait_for("was not killed", "has ended meanwhile")
        self.assertEqual(worker_of(client), pid)


class LeavesTheTerminalInOrder(TopTest):
    def started(self):
        client = self.client("left")
        terminal = self.top(client.name)
        terminal.wait_for("workers 1/1")
        self.assertNotEqual(terminal.modes(), terminal.modes_before)
        return terminal

    def test_when_quit(self):
        terminal = self.started()
        terminal.press("q")
        self.assertEqual(terminal.wait(), 0)
        self.assert_left_in_order(terminal)

    def test_at_signals(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                terminal = self.started()
                terminal.signal(number)
                self.assertEqual(terminal.wait(), -number)
                self.assert_left_in_order(terminal)

    def test_at_control_c(self):
        terminal = self.started()
        terminal.press("\x03")
        self.assertEqual(terminal.wait(), -signal.SIGINT)
        self.assert_left_in_order(terminal)

    def test_when_it_fails(self):
        terminal = self.top()
        terminal.wait_for("NAME", "QUEUED")
        # It can open nothing more.
        resource.prlimit(terminal.pid, resource.RLIMIT_NOFILE, (3, 3))
        self.assertEqual(terminal.wait(), 6)
        self.assert_left_in_order(terminal)
        self.assertIn(b"muster: ", terminal.written[terminal.written.rfind(BACK_FROM_IT) :])

    def test_when_it_is_stopped_and_goes_on(self):
        client = self.client("stopped")
        shell = Terminal(
            ["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"],
            columns=120,
            environment={"PS1": "ready> ", "HISTFILE": ""},
        )
        self.addCleanup(shell.close)
        shell.wait_for("ready>")
        modes = shell.modes()
        shell.press(f"{tool()} top --interval 50ms {client.name}\n")
        shell.wait_for("workers 1/1")
        shell.press("\x1a")
        shell.wait_for("Stopped")
        self.assertEqual(shell.modes(), modes)
        shell.press("fg\n")
        shell.screen.reset()
        shell.wait_for("workers 1/1")
        shell.wait_for("WORKER", "STATE")
        shell.press("q")
        shell.wait_for("ready>")
        shell.press("exit\n")
        self.assertEqual(shell.wait(), 0)

    def test_where_it_is_gone(self):
        terminal = self.started()
        os.close(terminal.slave)
        os.close(terminal.master)
        _, status = os.waitpid(terminal.pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), -signal.SIGHUP)
        terminal.status = status
        terminal.master, terminal.slave = os.pipe()  # for close()


class FitsTheTerminal(TopTest):
    def test_as_its_size_changes(self):
        client = self.client("sized", workers=2)
        terminal = self.top(client.name)
        terminal.wait_for("supervisor", "id ")
        terminal.resize(10, 40)
        terminal.wait_for("1 of 2")
        terminal.wait_for("workers 2/2")
        terminal.wait_for("WORKER", "STATE")
        terminal.resize(8, 30)
        terminal.wait_for("The terminal has 30")
        terminal.resize(40, 150)
        terminal.wait_for("MAX RSS", "DEATHS")

    def test_with_colours(self):
        client = self.client("coloured")
        terminal = self.top(client.name)
        terminal.wait_for("workers 1/1")
        self.assertTrue(COLOUR.search(terminal.written))

    def test_without_colours_where_they_are_not_wanted(self):
        client = self.client("plain")
        terminal = self.top(client.name, environment={"NO_COLOR": "1"})
        terminal.wait_for("workers 1/1")
        terminal.press("?")
        terminal.wait_for("Keys")
        terminal.press("q")
        terminal.wait()
        self.assertFalse(COLOUR.search(terminal.written))

    def test_without_colours_where_it_has_none(self):
        client = self.client("vt220")
        terminal = self.top(client.name, environment={"TERM": "vt220"})
        terminal.wait_for("workers 1/1")
        self.assertFalse(COLOUR.search(terminal.written))

    def test_in_utf8_where_the_locale_is_not_installed(self):
        client = self.client("locale")
        client.tell("hold 写真")
        terminal = self.top(client.name, environment={"LC_ALL": "xx_XX.UTF-8"})
        terminal.wait_for("写真", "██▍░░░░░  30%")

    def test_in_ascii_where_the_locale_has_no_more(self):
        client = self.client("ascii")
        client.tell("hold 写真")
        terminal = self.top(client.name, environment={"LC_ALL": "C"})
        terminal.wait_for("running ??", "30%")
        self.assertTrue(terminal.written.isascii())


class PrintsText(TopTest):
    def test_where_the_output_is_no_terminal(self):
        client = self.client("piped", workers=2)
        client.tell("hold resize")
        end = self.run_plain(client.name)
        self.assertEqual(end.returncode, 0)
        self.assertNotIn("\x1b", end.stdout)
        self.assertRegex(end.stdout, r"WORKER +PID +STATE")
        self.assertEqual(len([line for line in end.stdout.splitlines() if "resize" in line]), 1)
        self.assertIn(client.name, self.run_plain().stdout)

    def test_once_or_where_the_terminal_is_dumb(self):
        client = self.client("once")
        for arguments, environment in ((["--once"], {}), ([], {"TERM": "dumb"})):
            terminal = Terminal(
                [tool(), "top", client.name, *arguments], 40, 200, environment
            )
            self.addCleanup(terminal.close)
            self.assertEqual(terminal.wait(), 0)
            self.assertNotIn(b"\x1b", terminal.written)
            self.assertTrue(terminal.line_with("WORKER", "DEATHS"))

    def test_as_json(self):
        client = self.client("json")
        client.tell("hold resize")
        document = json.loads(self.run_plain(client.name, "--json").stdout)
        self.assertEqual(document["schema"], 1)
        pool = document["pool"]
        self.assertEqual(pool["name"], client.name)
        self.assertIn("done_per_second", pool["last_interval"])
        self.assertEqual(pool["workers"][0]["task"]["progress"], {"done": 3, "total": 10})
        self.assertIn("done_per_second", pool["workers"][0])
        pools = json.loads(self.run_plain("--json").stdout)["pools"]
        self.assertIn(client.name, [pool["name"] for pool in pools])

    def test_again_and_again_until_the_pool_ends(self):
        client = self.client("repeated")
        process = subprocess.Popen(
            [tool(), "top", client.name, "--json", "--interval", "50ms"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            for _ in range(2):
                self.assertEqual(json.loads(process.stdout.readline())["schema"], 1)
            client.end()
            _, complaint = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
        self.assertEqual(process.returncode, 0)
        self.assertIn("has ended", complaint)

    def test_what_is_wrong_and_leaves_the_terminal_alone(self):
        for arguments, code, sentence in (
            (["no such pool"], 3, 'no pool "no such pool"'),
            (["x", "--sort", "nonsense"], 2, 'no column "nonsense"'),
            (["x", "--interval", "nonsense"], 2, "nonsense"),
        ):
            terminal = Terminal([tool(), "top", *arguments], 24, 200)
            self.addCleanup(terminal.close)
            self.assertEqual(terminal.wait(), code)
            self.assertTrue(terminal.line_with(sentence), terminal.text())
            self.assertNotIn(TO_OTHER_SCREEN, terminal.written)


if __name__ == "__main__":
    BUILT = sys.argv.pop(1)
    unittest.main(verbosity=2)
