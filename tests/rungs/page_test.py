"""The page says what the documents say: also of what failed, is old, or is not there."""

import pathlib
import tempfile
import unittest

import document
import page
import samples
from rungs import RUNS, times_missed


def in_one(text):
    """Sentences run over the ends of lines."""
    return " ".join(text.split())


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
            self.row(text, "workers killed, or ended by their own task"),
        )
        self.assertIn(
            "| 10,100, 70 of which the program had asked for; 10 pools broke of one, of 10 that had "
            "to |",
            self.row(text, "deaths that the soak's pools told of"),
        )
        self.assertIn("| 123,999 |", self.row(text, "tasks run in the soak"))
        self.assertIn("| 0 |", self.row(text, "of these lost"))
        self.assertIn(
            "1,190, in 2 orders of client, supervisor and worker; in 10 more nobody was there",
            self.row(text, "pools whose processes were killed in any order"),
        )
        left = "of these that left something behind, hung or answered wrongly"
        self.assertIn(
            "| 0; 40 programs that tasks had started outlived client and supervisor",
            self.row(text, left),
        )
        self.assertIn(
            "9,000 different ones, at 1,800 instructions, in 20,001 snapshots",
            self.row(text, "instruction boundaries at which the control segment was copied"),
        )
        self.assertIn(
            "5,990 different ones, in 1 way, at 1,700 instructions, with 6,001 kills",
            self.row(text, "numbers of instructions after which a worker was killed"),
        )
        self.assertIn(
            "250, 0 of which ended badly; among the first 60 calls of a kind in a process, `futex` "
            "left out",
            self.row(text, "programs run in which a system call failed"),
        )
        self.assertIn(
            "1,500,000 in 1 worlds, every state that they have; 2,500,000,000 more",
            self.row(text, "states of the model"),
        )
        self.assertIn("12,000, 2,000 of them", self.row(text, "corruptions of the shared memory"))
        self.assertIn("| 2 made, a sample of 30; 1 caught |", self.row(text, "broken variants of the code"))
        self.assertIn("| 1 made; 1 caught |", self.row(text, "broken variants of the model"))
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

    def words(self, **changes):
        """The page on one line: where its lines break is of no interest."""
        return " ".join(self.text(**changes).split())

    def test_says_what_documents_of_earlier_programs_lack(self):
        def without(name, *keys):
            return {
                "figures": {k: v for k, v in samples.FIGURES[name].items() if k not in keys}
            }

        lacking = ("boundaries", "memories", "different")
        rows = {
            name: [{k: v for k, v in row.items() if k not in lacking} for row in of]
            for name, of in (
                ("snapshots", samples.FIGURES["snapshots"]["scenarios"]),
                ("kill_steps", samples.FIGURES["kill-steps"]["cells"]),
            )
        }
        text = self.words(
            soak=without("soak", "deaths", "pools_to_break", "pools_that_had_to"),
            snapshots={"figures": {"scenarios": rows["snapshots"]}},
            kill_steps={"figures": {"cells": rows["kill_steps"]}},
            syscalls=without("syscalls", "does", "most_of_a_call"),
        )
        self.assertIn("| deaths that the soak's pools told of | not counted |", text)
        self.assertIn("which of them broke, is not in this document.", text)
        self.assertNotIn("it tells of no death that nobody has caused", text)
        self.assertIn("20,001 snapshots; how many of them are different was not counted", text)
        self.assertIn("| 20,001 |  |  | 300 |".replace("  ", " "), text)
        self.assertIn("6,001 kills; at how many different ones was not counted", text)
        self.assertIn("of the first so many calls of a kind", text)
        self.assertIn("did not ask for a kill (`CancelMode::kill`) yet", text)

    def test_tells_what_became_of_pools_that_are_to_break(self):
        self.assertIn(
            "12 pools were to break: of 10 a worker died, and the program had not asked for it; 10 "
            "broke.",
            self.words(),
        )

    def test_claims_of_the_model_what_its_worlds_bear_out(self):
        text = self.words()
        self.assertIn("no world here has a ring of one cell", text)
        self.assertIn("none here makes a hint meet its own tag again", text)
        self.assertIn("None is searched for runs without an end", text)
        results = samples.FIGURES["model"]["results"]
        worlds = [
            {**results[0], "name": "tags-wrap", "what": "pool: SLOTS=1 CELLS=1 TASKS=5"},
            {**results[0], "name": "two", "what": "pool: CELLS=1 TASKS=2"},
            {**results[0], "name": "loops", "search": "endless loops"},
        ]
        text = self.words(model={"figures": {"results": [*results, *worlds]}})
        self.assertIn(": in `tags-wrap` the bit of a lap comes back to what it was, and in", text)
        self.assertIn("in `tags-wrap` a hint meets its own tag again.", text)
        self.assertIn("`loops` is searched for runs without an end, too", text)

    def test_claims_of_the_lock_what_its_cases_bear_out(self):
        text = self.words()
        self.assertIn("The client's lock is not among these cases.", text)
        self.assertNotIn("never do two threads have the lock", text)
        case = samples.FIGURES["explore"]["results"][0]
        figures = {"results": [case, {**case, "case": "lock"}, {**case, "case": "lock-plain"}]}
        text = self.words(explore={"figures": figures})
        self.assertIn("and of the client's lock (`lock` and `lock-plain`),", text)
        self.assertIn("and never do two threads have the lock.", text)

    def test_says_how_far_apart_kills_are(self):
        cell = samples.FIGURES["kill-steps"]["cells"][0]
        figures = {
            **samples.FIGURES["kill-steps"],
            "cells": [cell, {**cell, "scenario": "many", "every": 7}],
        }
        self.assertIn(
            "to the end of the way (`asleep`); after every 7 instructions, the first drawn at random "
            "(`many`).",
            self.words(kill_steps={"figures": figures}),
        )

    def test_judges_p99_behind_the_pidfd_as_well_and_says_where_python_is_ahead(self):
        figures = samples.FIGURES["detection"]
        self.assertIn("ProcessPoolExecutor was not measured beside it.", self.words())
        row = {**figures["rows"][0], "megabytes": 64}
        rows = [
            {**row, "from_kill_to": "the same, from the pidfd's notice on", "p99_s": 0.004},
            {**row, "p50_s": 0.009},
            {**row, "from_kill_to": "Python's ProcessPoolExecutor: Broken", "p50_s": 0.008},
            {**row, "from_kill_to": "the mark, in memory that this program looks at"},
        ]
        what = "p50 from the pidfd's notice to the future's error"
        wanted = [{**figures["wanted"][0], "what": what, "megabytes": 64, "limit_s": 0.001}]
        changed = {"rows": figures["rows"] + rows, "wanted": wanted}
        text = self.words(detection={"figures": changed})
        self.assertIn(f"| {what} | under 1 ms | 250 us | yes |", text)
        self.assertIn(f"| {what.replace('p50', 'p99')} | under 1 ms | 4 ms | **no** |", text)
        self.assertIn("is ahead at +64 MB (8 ms, Muster's 9 ms).", text)
        self.assertIn("such kills are left out.", text)
        self.assertIn("stand in shared memory is in none of these rows.", self.words())
        judged = [*wanted, {**wanted[0], "what": what.replace("p50", "p99"), "found_s": 0.0005}]
        text = self.words(detection={"figures": {**changed, "wanted": judged}})
        self.assertIn(f"| {what.replace('p50', 'p99')} | under 1 ms | 500 us | yes |", text)
        self.assertNotIn("| 4 ms | **no** |", text)

    def test_gives_each_run_its_section_with_command_and_seed(self):
        text = self.text()
        for run in RUNS:
            self.assertIn(f"\n### {run.name}\n", text)
            self.assertIn(f"`build/{run.name} --quick`, 12 s, 2026-01-02 03:04", text)
        self.assertIn("; seed 7", text)
        self.assertIn("Commit 0123456789ab; 2026-01-02 03:04 to 2026-01-02 03:04 (UTC)", in_one(text))
        self.assertNotIn("as is said there", text)

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
        row = self.row(text, "workers killed, or ended by their own task")
        self.assertIn("kill-steps: not run", row)

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
        self.assertIn("Of another commit, as is said there: detection.", in_one(text))
        self.assertIn("Of another machine, as is said there: detection.", in_one(text))

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
        self.assertIn("What was not run proves nothing.", " ".join(text.split()))


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
