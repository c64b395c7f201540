"""The page says what the documents say: also of what failed, is old, or is not there."""

import pathlib
import tempfile
import unittest

import document
import page
import samples
from rungs import RUNS, times_missed


class Page(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def text(self, **changes):
        samples.fill(self.folder, **changes)
        return page.text(self.folder)

    def row(self, text, begin):
        rows = [line for line in text.splitlines() if line.startswith(f"| {begin} ")]
        self.assertEqual(len(rows), 1, f"rows that begin with {begin!r}")
        return rows[0]

    def test_adds_up_what_the_documents_say(self):
        text = self.text()
        self.assertIn(
            "16,051: 16,031 by SIGKILL and 20 by SIGABRT",
            self.row(text, "deaths of workers survived"),
        )
        self.assertIn("| 123,999 |", self.row(text, "tasks run in the soak"))
        self.assertIn("| 0 |", self.row(text, "of these lost"))
        self.assertIn(
            "1,200, in 2 orders of client, supervisor and worker",
            self.row(text, "pools whose processes were killed in any order"),
        )
        left = "of these that left something behind, hung or answered wrongly"
        self.assertIn("| 0 |", self.row(text, left))
        self.assertIn(
            "1,500,000 in 1 worlds, every state that they have; 2,500,000,000 more",
            self.row(text, "states of the model"),
        )
        self.assertIn("12,000, 2,000 of them", self.row(text, "corruptions of the shared memory"))
        self.assertIn("| 2 made, 1 caught |", self.row(text, "broken variants of the code"))
        self.assertIn("| 1 made, 1 caught |", self.row(text, "broken variants of the model"))
        self.assertIn(
            "p50 250 us, p99 1.5 ms", self.row(text, "from the kill to the future's error")
        )
        self.assertIn("| 40,000, cut there |", self.row(text, "`sweep`"))
        self.assertNotIn("**not run**", text)
        self.assertNotIn("Not passed", text)

    def test_does_not_count_a_search_that_was_cut_short_as_one_of_every_state(self):
        results = samples.FIGURES["model"]["results"]
        cut = {**results[0], "name": "cut", "states": 70, "errors": 1}
        loops = {**results[0], "name": "loops", "states": 5, "search": "endless loops"}
        text = self.text(model={"figures": {"results": [*results, cut, loops]}})
        self.assertIn(
            "1,500,000 in 1 worlds, every state that they have; 2,500,000,000 more, by bitstate, "
            "which is no proof; 70 in 1 worlds whose search found an error or was cut short",
            self.row(text, "states of the model"),
        )
        self.assertIn("every state, for endless runs", self.row(text, "`loops`"))

    def test_tells_executions_that_came_to_their_end(self):
        self.assertIn("4,000, in which somebody died", self.text())
        explored = {"results": [{**samples.FIGURES["explore"]["results"][0], "whole": 1500}]}
        self.assertIn(
            "4,000, 1,500 of them to their end, in which somebody died 3,000 times",
            self.row(self.text(explore={"figures": explored}), "executions of the scheduler"),
        )

    def test_gives_each_run_its_section_with_command_and_seed(self):
        text = self.text()
        for run in RUNS:
            self.assertIn(f"\n### {run.name}\n", text)
            self.assertIn(f"`build/{run.name} --quick`, 12 s, 2026-01-02 03:04", text)
        self.assertIn("; seed 7", text)
        self.assertIn("Commit 0123456789ab; 2026-01-02 03:04 to 2026-01-02 03:04 (UTC)", text)

    def test_names_what_was_not_run(self):
        text = self.text(without=("soak", "fuzz"))
        self.assertIn("| **not run** |", self.row(text, "5 | [soak](#soak)"))
        self.assertIn("soak: not run", self.row(text, "of these lost"))
        self.assertIn("fuzz: not run", self.row(text, "inputs made up by libFuzzer"))
        self.assertIn("Not passed: soak and fuzz.", text)
        self.assertIn("**Not run.** `./dev prove --only soak` does it.", text)

    def test_says_why_a_run_could_not_be(self):
        why = "ptrace is not permitted here: nobody was killed"
        steps = {"verdict": document.NOT_RUN, "why": why, "figures": None}
        text = self.text(kill_steps=steps)
        self.assertIn(f"**not run**: {why}", self.row(text, "4 | [kill-steps](#kill-steps)"))
        self.assertIn("kill-steps: not run", self.row(text, "deaths of workers survived"))

    def test_marks_figures_of_a_run_that_failed(self):
        failed = {"verdict": document.FAILED, "why": "exit code 1: a task | was lost"}
        soak = {**samples.FIGURES["soak"], "faults": {**samples.FAULTS, "lost": 3}}
        text = self.text(soak={**failed, "figures": soak})
        self.assertIn("| 3 (**soak: failed**) |", self.row(text, "of these lost"))
        self.assertIn("**failed**: exit code 1: a task \\| was lost", text)
        self.assertIn("Not passed: soak.", text)

    def test_counts_a_client_that_was_killed_by_its_workers(self):
        crashed = {"verdict": document.FAILED, "why": "killed by SIGSEGV: ", "figures": None}
        text = self.text(scribble=crashed)
        self.assertIn("| 1 |", self.row(text, "of these that crashed the client"))
        self.assertIn("scribble: failed", self.row(text, "corruptions of the shared memory"))

    def test_marks_documents_of_another_commit_or_machine(self):
        machine = {**samples.MACHINE, "cpus": 64}
        text = self.text(detection={"commit": "fedcba987654", "machine": machine})
        self.assertIn("of **fedcba987654**", self.row(text, " | [detection](#detection)"))
        self.assertIn("Of another commit than most: **fedcba987654**.", text)
        self.assertIn("On another machine than most: a processor, 64 processors", text)
        self.assertEqual(text.count("**fedcba987654**"), 2)

    def test_says_which_times_were_missed(self):
        wanted = [{**samples.FIGURES["detection"]["wanted"][0], "found_s": 0.0021, "kept": False}]
        figures = {**samples.FIGURES["detection"], "wanted": wanted}
        why = times_missed(figures)
        self.assertIn("1 of 1 times missed: p50 until the future's error (+0 MB: 2.10 ms)", why)
        text = self.text(detection={"figures": figures, "why": why})
        self.assertIn(f"passed, **{why}**", self.row(text, " | [detection](#detection)"))
        self.assertIn("| 2.1 ms | **no** |", text)

    def test_marks_sources_that_were_not_committed(self):
        text = self.text(explore={"changed": True})
        self.assertIn("Of another commit than most: **0123456789ab with changes**.", text)

    def test_is_a_page_without_any_document_too(self):
        text = page.text(self.folder)
        self.assertEqual(text.count("**Not run.**"), len(RUNS))
        self.assertIn("What was not run proves nothing.", text)


class Published(unittest.TestCase):
    def test_is_what_its_documents_make_of_it(self):
        published = document.ROOT / "docs"
        self.assertEqual(
            (published / "RELIABILITY.md").read_text(encoding="utf-8"),
            page.text(published / "reliability"),
            "docs/RELIABILITY.md is not written by ./dev prove --report from docs/reliability/",
        )


if __name__ == "__main__":
    unittest.main()
