"""The command line: what it chooses, and what it refuses before anything is built."""

import contextlib
import io
import unittest

import prove


class Arguments(unittest.TestCase):
    def setUp(self):
        self.parser = prove.command_line()

    def refused(self, act):
        said = io.StringIO()
        with contextlib.redirect_stderr(said), self.assertRaises(SystemExit) as end:
            act()
        self.assertEqual(end.exception.code, 2)
        return said.getvalue()

    def chosen(self, *wanted):
        return [run.name for run in prove.chosen(self.parser, wanted or None, "quick")]

    def test_without_names_a_quick_run_is_of_all_that_have_a_quick_one(self):
        self.assertIn("soak", self.chosen())
        self.assertNotIn("model-mutants", self.chosen())
        everything = prove.chosen(self.parser, None, "full")
        self.assertIn("model-mutants", [run.name for run in everything])

    def test_a_rung_is_named_by_name_or_number(self):
        self.assertEqual(self.chosen("7"), ["fuzz"])
        self.assertEqual(self.chosen("fuzz", "threads"), ["fuzz", "threads"])
        said = self.refused(lambda: self.chosen("nobody"))
        self.assertIn("there is no rung 'nobody'", said)

    def test_more_arguments_come_behind_those_of_the_one_rung(self):
        runs = prove.chosen(self.parser, ["mutants"], "quick")
        (longer,) = prove.with_more(self.parser, runs, "--only 'a{b}'")
        for line, more in ((runs[0].quick, longer.quick), (runs[0].full, longer.full)):
            self.assertEqual(more.format(json="J"), line.format(json="J") + " --only 'a{b}'")

    def test_more_arguments_are_refused_for_several_rungs_and_where_they_are_no_words(self):
        several = prove.chosen(self.parser, ["model", "fuzz"], "quick")
        said = self.refused(lambda: prove.with_more(self.parser, several, "--seed 1"))
        self.assertIn("--with needs --only with one rung", said)
        said = self.refused(lambda: prove.with_more(self.parser, several[:1], "'"))
        self.assertIn("is no list of words", said)


if __name__ == "__main__":
    unittest.main()
