"""The runner tells what passed from what failed, could not be, or proved too little."""

import contextlib
import dataclasses
import io
import os
import pathlib
import select
import stat
import tempfile
import unittest

import document
from runner import Runner
from rungs import Run

STATE = {"commit": "0123456789ab", "changed": False, "machine": {"cpus": 2}}


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def program(self, name, *lines, cpus=1):
        """A run of a shell script; its first argument is where figures go."""
        script = self.folder / f"{name}.sh"
        script.write_text("\n".join(["#!/bin/bash", *lines]) + "\n", encoding="utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        line = f"{script} {{json}}"
        return Run(
            rung=1,
            name=name,
            what="",
            quick=line,
            full=line,
            preset="",
            cpus=cpus,
            least=lambda figures: {"kills": (figures["kills"], 10, 1000)},
        )

    def run_all(self, *runs, mode="quick", build=lambda runs, execute: {}):
        self.said = io.StringIO()
        with contextlib.redirect_stdout(self.said):
            return Runner(mode, self.folder, 2, STATE).run_all(runs, build)

    def verdict(self, *lines, **options):
        found = self.run_all(self.program("it", *lines), **options)["it"]
        self.assertEqual(found, document.read(self.folder / "it.json"))
        return found["verdict"], found["why"]

    def test_passes_what_ends_well_with_figures(self):
        found = self.run_all(self.program("it", "echo '{\"kills\": 10}' >$1"))["it"]
        self.assertEqual((found["verdict"], found["exit"]), (document.PASSED, 0))
        self.assertEqual(found["figures"], {"kills": 10})
        self.assertEqual((found["commit"], found["mode"]), ("0123456789ab", "quick"))
        self.assertIn("it.figures.json", found["command"])

    def test_keeps_no_path_of_where_the_sources_lie(self):
        line = f"echo '{{\"kills\": 10, \"file\": \"{document.ROOT}/tests/a.cpp\"}}' >$1"
        self.run_all(self.program("it", line))
        figures = document.read(self.folder / "it.json")["figures"]
        self.assertEqual(figures, {"kills": 10, "file": "tests/a.cpp"})

    def test_fails_what_wrote_no_figures(self):
        self.assertEqual(self.verdict("exit 0"), (document.FAILED, "it wrote no figures"))

    def test_fails_what_did_less_than_it_should(self):
        enough_for_quick = "echo '{\"kills\": 999}' >$1"
        self.assertEqual(self.verdict(enough_for_quick)[0], document.PASSED)
        self.assertEqual(
            self.verdict(enough_for_quick, mode="full"),
            (document.FAILED, "it proves less than it should: 999 kills, not 1,000"),
        )

    def test_fails_figures_that_do_not_say_how_much_was_done(self):
        why = "its figures do not say 'kills'"
        self.assertEqual(self.verdict("echo '{}' >$1"), (document.FAILED, why))

    def test_tells_why_it_failed_and_keeps_its_figures_and_words(self):
        tells = "echo '{\"sentences\": [\"a task was lost\"]}' >$1"
        found = self.run_all(self.program("it", tells, "echo hm", "exit 1"))["it"]
        self.assertEqual(found["verdict"], document.FAILED)
        self.assertEqual(found["why"], "exit code 1: a task was lost")
        self.assertEqual(found["words"], ["hm"])
        self.assertIn("| hm", self.said.getvalue())

    def test_tells_the_signal_that_ended_it(self):
        self.assertEqual(
            self.verdict("echo last words", "kill -SEGV $$"),
            (document.FAILED, "killed by SIGSEGV: last words"),
        )

    def test_does_not_pass_what_is_not_permitted_here(self):
        self.assertEqual(
            self.verdict("echo ptrace is not permitted here", "exit 77"),
            (document.NOT_RUN, "ptrace is not permitted here"),
        )

    def test_does_not_take_old_figures_for_new_ones(self):
        (self.folder / "it.figures.json").write_text('{"kills": 10}', encoding="utf-8")
        self.assertEqual(self.verdict("exit 0"), (document.FAILED, "it wrote no figures"))

    def test_goes_on_after_one_that_failed_or_is_not_there(self):
        good = self.program("good", "echo '{\"kills\": 10}' >$1")
        gone = self.program("gone")
        pathlib.Path(gone.quick.split()[0]).unlink()
        found = self.run_all(
            self.program("bad", "exit 3"),
            gone,
            self.program("unbuilt"),
            good,
            build=lambda runs, execute: {"unbuilt": "it could not be built"},
        )
        verdicts = {name: one["verdict"] for name, one in found.items()}
        self.assertEqual(
            verdicts,
            {
                "bad": document.FAILED,
                "gone": document.NOT_RUN,
                "unbuilt": document.NOT_RUN,
                "good": document.PASSED,
            },
        )

    def test_runs_beside_each_other_what_fits(self):
        # Each waits for the other, through a pipe.
        os.mkfifo(self.folder / "pipe")
        pipe = self.folder / "pipe"
        left = self.program("left", f"echo x >{pipe}", "echo '{\"kills\": 10}' >$1")
        right = self.program("right", f"read x <{pipe}", "echo '{\"kills\": 10}' >$1")
        found = self.run_all(left, right)
        self.assertEqual({one["verdict"] for one in found.values()}, {document.PASSED})

    def test_ends_its_children_when_interrupted_and_keeps_what_they_measured(self):
        done = self.program("done", "echo '{\"kills\": 10}' >$1", cpus=0)
        endless = self.program(
            "endless",
            "trap 'echo {\\\"kills\\\": 3} >$1; exit 0' INT",
            "sleep 1000 & echo $! >$0.pid",
            "kill -INT $PPID",
            "wait",
        )
        found = self.run_all(done, endless, self.program("never", "exit 1"))
        self.assertEqual(found["done"]["verdict"], document.PASSED)
        self.assertEqual(found["endless"]["verdict"], document.INTERRUPTED)
        self.assertEqual(found["endless"]["figures"], {"kills": 3})
        pid = int((self.folder / "endless.sh.pid").read_text(encoding="utf-8"))
        with contextlib.suppress(ProcessLookupError):
            ends = os.pidfd_open(pid)
            select.select([ends], [], [])
            os.close(ends)

    def test_fails_what_had_broken_a_promise_when_it_was_interrupted(self):
        broken = self.program(
            "broken",
            "trap 'echo {\\\"sentences\\\": [\\\"a task was lost\\\"]} >$1; exit 1' INT",
            "sleep 1000 & kill -INT $PPID",
            "wait",
        )
        found = self.run_all(broken)["broken"]
        self.assertEqual(found["verdict"], document.FAILED)
        self.assertEqual(found["why"], "exit code 1: a task was lost")

    def test_says_what_is_remarkable_of_what_passed(self):
        run = self.program("it", "echo '{\"kills\": 10}' >$1")
        remark = dataclasses.replace(run, remark=lambda figures: f"only {figures['kills']}")
        found = self.run_all(remark)["it"]
        self.assertEqual((found["verdict"], found["why"]), (document.PASSED, "only 10"))
        self.assertIn("passed: only 10", self.said.getvalue())

    def test_begins_nothing_when_its_building_was_interrupted(self):
        def build(runs, execute):
            ended_well = execute(["/bin/bash", "-c", "kill -INT $PPID; sleep 1000"])
            self.assertFalse(ended_well)
            self.assertFalse(execute(["/bin/true"]), "one more was begun")
            return {}

        found = self.run_all(self.program("never", "echo '{\"kills\": 10}' >$1"), build=build)
        self.assertEqual(found, {})


if __name__ == "__main__":
    unittest.main()
